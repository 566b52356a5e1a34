// The world of the reference evaluator: Kubernetes objects as plainly as can be, one record a pod. Nothing here or beside it
// knows of the engine: it is the second opinion.

/** Labels as the API writes them. */
export type RawLabels = Readonly<Record<string, string>>;

/** meta/v1 LabelSelector. */
export interface RawSelector {
  readonly matchLabels?: RawLabels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** A pod that runs. */
export interface RawPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: RawLabels;
  /** One, or one of each family. */
  readonly ips: readonly string[];
  readonly node: string;
  readonly hostNetwork: boolean;
  readonly ports: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
}

/** Everything there is. */
export interface RawWorld {
  readonly namespaces: readonly { readonly name: string; readonly labels: RawLabels }[];
  readonly nodes: readonly { readonly name: string; readonly labels: RawLabels; readonly ip: string }[];
  readonly pods: readonly RawPod[];
}

/** One end of a connection. */
export type RawEnd =
  | { readonly kind: 'pod'; readonly pod: RawPod; readonly ip: string }
  | { readonly kind: 'node'; readonly node: RawWorld['nodes'][number] }
  | { readonly kind: 'outside'; readonly ip: string };

/** Who wants to talk to whom. For ICMP the port is the message type. */
export interface RawTraffic {
  readonly source: RawEnd;
  readonly destination: RawEnd;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | 'ICMP' | 'ICMPv6';
  readonly port: number;
}

/** A policy object as it would be applied. */
export interface RawPolicy<Kind extends string, Spec> {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: Spec;
}

/** The address by which an end is seen. */
export function ipOf(end: RawEnd): string {
  return end.kind === 'node' ? end.node.ip : end.ip;
}

/** Labels of a pod's namespace; the API server sets the one with its name. */
export function namespaceLabels(world: RawWorld, name: string): RawLabels {
  const found = world.namespaces.find((namespace) => namespace.name === name);
  return { ...found?.labels, 'kubernetes.io/metadata.name': name };
}

/** Whether labels meet a selector: every matchLabel and every expression; an absent label meets NotIn and DoesNotExist. */
export function selectorMatches(selector: RawSelector, labels: RawLabels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels[key] !== value) return false;
  }
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const value = labels[key];
    if (operator === 'In' && (value === undefined || !values.includes(value))) return false;
    if (operator === 'NotIn' && value !== undefined && values.includes(value)) return false;
    if (operator === 'Exists' && value === undefined) return false;
    if (operator === 'DoesNotExist' && value !== undefined) return false;
  }
  return true;
}

/** Whether an address lies in a block: the same family, and the same first bits. */
export function inBlock(ip: string, cidr: string): boolean {
  const [network = '', prefix = ''] = cidr.split('/');
  const bits = addressBits(ip);
  const wanted = addressBits(network);
  return bits.length === wanted.length && bits.slice(0, Number(prefix)) === wanted.slice(0, Number(prefix));
}

/** An address written out in bits: 32 or 128 of them. */
export function addressBits(ip: string): string {
  if (!ip.includes(':')) {
    return ip
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('');
  }
  const [head = '', tail] = ip.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}
