import type { Cluster, Namespace, Node, Pod, Service } from '../model/cluster.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Requirement, Selector } from '../model/selector.ts';
import { ENDPOINT_LABELS } from '../network/rule.ts';
import type { Direction, Isolation, PeerTerm, Rule } from '../network/rule.ts';

// Clusters and rules made by hand, for tests of the engine that need no manifest and no kind of policy.

/** A cluster with defaults for everything that is not given; namespaces of pods are made. */
export function clusterOf(o: {
  readonly pods?: readonly Pod[];
  readonly nodes?: readonly Node[];
  readonly services?: readonly Service[];
  readonly namespaces?: readonly Namespace[];
  readonly apiServer?: readonly string[];
}): Cluster {
  const { pods = [], nodes = [], services = [], namespaces = [], apiServer = [] } = o;
  const made = new Map(pods.map((pod) => [pod.namespace, namespaceOf(pod.namespace)]));
  return {
    namespaces: new Map([...made, ...namespaces.map((each) => [each.name, each] as const)]),
    nodes,
    pods,
    services,
    endpointSlices:
      apiServer.length === 0
        ? []
        : [{ namespace: 'default', name: 'kubernetes', service: 'kubernetes', addresses: apiServer, ports: [] }],
    policies: [],
    cidrGroups: [],
    signs: { ciliumConfig: undefined, cilium: undefined, otherPlugin: undefined, mesh: undefined },
    problems: [],
  };
}

/** A namespace with the label that every one has, and more. */
export function namespaceOf(name: string, labels: Readonly<Record<string, string>> = {}): Namespace {
  const all = { 'kubernetes.io/metadata.name': name, ...labels };
  return { name, labels: new Map(Object.entries(all)), annotations: new Map(), implied: false };
}

/** A pod `namespace/name` with the label `app` of its name. */
export function podOf(path: string, o: Partial<Omit<Pod, 'labels'>> & { labels?: Record<string, string> } = {}): Pod {
  const [namespace = '', name = ''] = path.split('/');
  const { labels = {}, ...rest } = o;
  return {
    namespace,
    name,
    labels: new Map(Object.entries({ app: name, ...labels })),
    annotations: new Map(),
    ips: [],
    node: '',
    hostNetwork: false,
    serviceAccount: 'default',
    namedPorts: [],
    workload: { kind: 'Pod', namespace, name },
    template: false,
    meshDataPlane: undefined,
    ...rest,
  };
}

/** A node. */
export function nodeOf(name: string, addresses: readonly string[], labels: Record<string, string> = {}): Node {
  return { name, labels: new Map(Object.entries(labels)), addresses, podCidrs: [] };
}

/** Pods with `app`, or all. */
export function podsWith(app?: string): Selector {
  const kind: Requirement = { key: ENDPOINT_LABELS.type, operator: 'In', values: ['pod'] };
  return app === undefined ? [kind] : [kind, { key: ENDPOINT_LABELS.pod('app'), operator: 'In', values: [app] }];
}

/** Endpoints by selector as a term. */
export function term(selector: Selector): PeerTerm {
  return { kind: 'endpoints', selector };
}

/** A block that matches whatever has an address in it. */
export function block(cidr: string, ...except: string[]): PeerTerm {
  return { kind: 'addresses', cidr, except, reaches: { pods: true, nodes: true, apiServer: true } };
}

/** A block as Cilium's CIDR rules mean it: outside of the cluster. */
export function outside(cidr: string, ...except: string[]): PeerTerm {
  return { kind: 'addresses', cidr, except, reaches: { pods: false, nodes: false, apiServer: true } };
}

/** Everything there is. */
export const everything: readonly PeerTerm[] = [{ kind: 'everything' }];

/** A rule of the policy `name`: allows everything from or to everybody, for all pods, where nothing else is said. */
export function rule(name: string, direction: Direction, o: Partial<Rule> = {}): Rule {
  return {
    policy: policyRef(name),
    path: `spec.${direction}[0]`,
    direction,
    tier: 'normal',
    order: 0,
    action: 'allow',
    subjects: podsWith(),
    peers: everything,
    ports: 'all',
    ...o,
  };
}

/** Default deny. */
export function isolation(name: string, direction: Direction, o: Partial<Isolation> = {}): Isolation {
  return { policy: policyRef(name), path: 'spec', direction, subjects: podsWith(), ...o };
}

function policyRef(name: string): ObjectRef {
  return { kind: 'NetworkPolicy', namespace: 'shop', name };
}
