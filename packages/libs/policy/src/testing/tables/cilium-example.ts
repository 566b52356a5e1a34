import type { Outcome } from '../../model/cause.ts';
import type { CiliumProfile } from '../../model/profile.ts';
import type { Request } from '../../network/layer7.ts';
import type { ScenePods } from '../cilium-scene.ts';

/** One question with the answer that the documentation gives. */
export type Ask = readonly [
  from: string,
  to: string,
  port: string,
  expected: Outcome,
  o?: { request?: Request; dnsNames?: string[] },
];

/** An example of Cilium's documentation. */
export interface Example {
  /** Below examples/policies, or a page of the documentation. */
  readonly source: string;
  readonly pods: ScenePods;
  readonly policies: readonly object[];
  readonly profile?: Partial<CiliumProfile>;
  readonly more?: readonly object[];
  readonly asks: readonly Ask[];
}

/** A selector by labels. */
export const by = (matchLabels: Record<string, string>): object => ({ matchLabels });

/** An element of toPorts with one TCP port. */
export const tcp = (port: string, more: object = {}): object => ({ ports: [{ port, protocol: 'TCP' }], ...more });

/** Pods that several examples are about. */
export const roles: ScenePods = {
  'default/front': { role: 'frontend' },
  'default/back': { role: 'backend' },
  'default/other': { role: 'other' },
  'prod/front': { role: 'frontend' },
};

/** The cluster's DNS, in kube-system. */
export const dnsLabels = { 'k8s-app': 'kube-dns' };
