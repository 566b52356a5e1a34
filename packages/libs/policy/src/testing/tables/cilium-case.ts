import type { Outcome } from '../../model/cause.ts';
import type { CiliumProfile } from '../../model/profile.ts';
import { cilium } from '../cilium-scene.ts';

/** One question with Cilium's answer. */
export type Ask = readonly [from: string, to: string, port: string, expected: Outcome];
/** Policies, and what is asked of them about {@link CASE_PODS}. */
export interface Case {
  readonly given: string;
  readonly policies: readonly object[];
  readonly profile?: Partial<CiliumProfile>;
  readonly more?: readonly object[];
  readonly asks: readonly Ask[];
}

/** The pods of every case. */
export const CASE_PODS = {
  'a/web': { app: 'web', 'pod-template-hash': '7', host: 'x' },
  'a/api': { app: 'api' },
  'b/web': { app: 'web' },
};

/** Selects the pod a/web, and b/web where no namespace is meant. */
export const web = { matchLabels: { app: 'web' } };
/** A policy of the namespace a about its pod web. */
export const onWeb = (spec: object): object => cilium({ endpointSelector: web, ...spec }, 'a');
/** The toPorts of an item, with one element. */
export const ports = (...list: object[]): object => ({ toPorts: [{ ports: list }] });
/** A CiliumCIDRGroup. */
export const group = (name: string, labels: Record<string, string>, cidrs: readonly string[]): object => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumCIDRGroup',
  metadata: { name, labels },
  spec: { externalCIDRs: cidrs },
});
/** The endpoints of the API server. */
export const apiServer = (address: string): object => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'default', name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [address] }],
  ports: [],
});
