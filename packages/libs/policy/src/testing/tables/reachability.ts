import type { Protocol } from '../../model/cluster.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import { compileNetwork } from '../../network/engine/compile-network.ts';
import { readManifests } from '../../parse/read-manifests.ts';

// The model cluster of the upstream NetworkPolicy tests: namespaces x, y and z with the pods a, b and c in each, which serve
// on a few ports of every protocol, and a table of who can reach whom.

const NAMES = { namespaces: ['x', 'y', 'z'], pods: ['a', 'b', 'c'], ports: [80, 81] } as const;

/** A pod of the model, `x/a`. */
export type ModelPod = `${(typeof NAMES.namespaces)[number]}/${(typeof NAMES.pods)[number]}`;

/** All of them. */
export const MODEL_PODS: readonly ModelPod[] = NAMES.namespaces.flatMap((namespace) =>
  NAMES.pods.map((pod): ModelPod => `${namespace}/${pod}`),
);

/** Who can't reach whom, applied one after the other to a table in which everybody can: `deny * > x/*`, `allow x/b > x/a`. */
export type Expectation = `${'allow' | 'deny'} ${string} > ${string}`;

/** Questions on one port. */
export interface Probe {
  readonly protocol: Exclude<Protocol, 'ICMP' | 'ICMPv6'>;
  readonly port: number;
  readonly expect: readonly Expectation[];
  /** Where Cilium is known to differ, with its reason. */
  readonly onCilium?: { readonly expect: readonly Expectation[]; readonly because: string };
}

/** One step of a test: the policies there are, labels that differ from the model's, and what can be reached then. */
export interface ReachabilityCase {
  readonly name: string;
  readonly policies: readonly (readonly [namespace: string, spec: unknown])[];
  readonly podLabels?: Readonly<Partial<Record<ModelPod, Readonly<Record<string, string>>>>>;
  readonly namespaceLabels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly probes: readonly Probe[];
}

/** Address of a pod of the model. */
export function modelIp(pod: ModelPod): string {
  return `192.168.1.${MODEL_PODS.indexOf(pod) + 1}`;
}

/** Which connections come out otherwise than a table expects; of a pod to itself none is asked. */
export function surprises(each: ReachabilityCase, profile: NetworkProfile): readonly string[] {
  const cluster = readManifests([
    { source: 'model.json', text: JSON.stringify({ kind: 'List', apiVersion: 'v1', items: modelObjects(each) }) },
  ]);
  const engine = compileNetwork(cluster, { profile });
  const faults = [...cluster.problems, ...engine.problems].filter(({ severity }) => severity !== 'info');
  const wrong = each.probes.flatMap(({ protocol, port, expect, onCilium }) => {
    const table = expected(profile.kind === 'cilium' ? (onCilium?.expect ?? expect) : expect);
    return [...table].flatMap(([pair, wanted]) => {
      const [source = '', destination = ''] = pair.split(' > ');
      const { outcome, reason } = engine.verdict({
        source: query(source),
        destination: query(destination),
        protocol,
        port,
      });
      return outcome === wanted ? [] : [`${pair} ${protocol}/${port}: ${outcome}, not ${wanted} (${reason})`];
    });
  });
  return [...faults.map(({ path, message }) => `${path}: ${message}`), ...wrong];
}

function query(pod: string): { readonly pod: { readonly namespace: string; readonly name: string } } {
  const [namespace = '', name = ''] = pod.split('/');
  return { pod: { namespace, name } };
}

/** All pairs of different pods with what is expected of them. */
function expected(expectations: readonly Expectation[]): ReadonlyMap<string, 'allowed' | 'denied'> {
  const table = new Map<string, 'allowed' | 'denied'>();
  for (const source of MODEL_PODS) {
    for (const destination of MODEL_PODS)
      if (source !== destination) table.set(`${source} > ${destination}`, 'allowed');
  }
  for (const text of expectations) {
    const [action, source = '', , destination = ''] = text.split(' ');
    for (const pair of table.keys()) {
      const [from = '', to = ''] = pair.split(' > ');
      if (fits(source, from) && fits(destination, to)) table.set(pair, action === 'allow' ? 'allowed' : 'denied');
    }
  }
  return table;
}

function fits(pattern: string, pod: string): boolean {
  return pattern === '*' || pattern === pod || (pattern.endsWith('/*') && pod.startsWith(pattern.slice(0, -1)));
}

/** The objects of the model with a case's policies and labels. */
export function modelObjects({
  policies,
  podLabels,
  namespaceLabels,
}: Omit<ReachabilityCase, 'name' | 'probes'>): readonly unknown[] {
  const containers = NAMES.ports.flatMap((port) =>
    (['TCP', 'UDP', 'SCTP'] as const).map((protocol) => ({
      name: `cont-${port}-${protocol.toLowerCase()}`,
      image: 'agnhost',
      ports: [{ containerPort: port, name: `serve-${port}-${protocol.toLowerCase()}`, protocol }],
    })),
  );
  return [
    ...NAMES.namespaces.map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { ns: name, ...namespaceLabels?.[name] } },
    })),
    ...MODEL_PODS.map((id) => {
      const [namespace = '', name = ''] = id.split('/');
      return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace, name, labels: { pod: name, ...podLabels?.[id] } },
        spec: { containers },
        status: { phase: 'Running', podIP: modelIp(id), podIPs: [{ ip: modelIp(id) }] },
      };
    }),
    ...policies.map(([namespace, spec], index) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace, name: `policy-${index}` },
      spec,
    })),
  ];
}
