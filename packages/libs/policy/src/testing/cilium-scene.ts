import type { Outcome } from '../model/cause.ts';
import type { Protocol } from '../model/cluster.ts';
import type { Problem } from '../model/problem.ts';
import { CILIUM_DEFAULTS } from '../model/profile.ts';
import type { CiliumProfile } from '../model/profile.ts';
import { compileNetwork } from '../network/engine/compile-network.ts';
import type { Request } from '../network/layer7.ts';
import type { EndpointQuery } from '../network/peer.ts';
import { readManifests } from '../parse/read-manifests.ts';

// Small clusters for tests of Cilium's policies, written in one line each.

/** `namespace/name` → labels; pods get the addresses 10.0.0.1, 10.0.0.2 … in this order and run on the node n1. */
export type ScenePods = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What is asked, and how; `to` may be `namespace/name`, an address, or an entity in brackets. */
export interface Scene {
  readonly problems: readonly Problem[];
  readonly outcome: (from: string, to: string, port: string, o?: { request?: Request; dnsNames?: string[] }) => Outcome;
}

/** Node n1 (10.9.0.1) has all pods; n2 (10.9.0.2) is another one. */
export function scene(
  pods: ScenePods,
  policies: readonly object[],
  o: { readonly profile?: Partial<CiliumProfile>; readonly more?: readonly object[] } = {},
): Scene {
  const items = [
    ...['n1', 'n2'].map((name, index) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { zone: name, 'kubernetes.io/hostname': name } },
      status: { addresses: [{ type: 'InternalIP', address: `10.9.0.${index + 1}` }] },
    })),
    ...Object.entries(pods).map(([key, labels], index) => {
      const [namespace = '', name = ''] = key.split('/');
      return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace, name, labels },
        spec: {
          nodeName: 'n1',
          serviceAccountName: name,
          containers: [{ name: 'main', image: 'none', ports: [{ name: 'web', containerPort: 8080 }] }],
        },
        status: { phase: 'Running', podIPs: [{ ip: `10.0.0.${index + 1}` }] },
      };
    }),
    ...(o.more ?? []),
    ...policies,
  ];
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const cluster = readManifests([{ source: 'scene.json', text }]);
  const engine = compileNetwork(cluster, { profile: { ...CILIUM_DEFAULTS, ...o.profile } });
  return {
    problems: [...cluster.problems, ...engine.problems],
    outcome: (from, to, port, { request, dnsNames } = {}) => {
      const [protocol = '', number = ''] = port.split('/');
      return engine.verdict({
        source: end(from, dnsNames),
        destination: end(to, dnsNames),
        protocol: protocolOf(protocol),
        port: Number(number),
        ...(request !== undefined && { request }),
      }).outcome;
    },
  };
}

/** A CiliumNetworkPolicy in a namespace, or a CiliumClusterwideNetworkPolicy without. */
export function cilium(spec: object, namespace?: string, name = 'policy'): object {
  return {
    apiVersion: 'cilium.io/v2',
    kind: namespace === undefined ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec,
  };
}

function end(text: string, dnsNames: readonly string[] | undefined): EndpointQuery {
  if (text === '[kube-apiserver]') return { entity: 'kube-apiserver' };
  if (text === '[init]') return { entity: 'init' };
  if (!text.includes('/')) return { ip: text, ...(dnsNames !== undefined && { dnsNames }) };
  const [namespace = '', name = ''] = text.split('/');
  return { pod: { namespace, name } };
}

function protocolOf(text: string): Protocol {
  const found = (['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6'] as const).find((each) => each === text);
  if (found === undefined) throw new Error(`no protocol ${text}`);
  return found;
}
