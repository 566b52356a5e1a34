import { joinEvidence, noEvidence } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { comparePeers, comparePorts, compareText, connectionKey, peerKey, portKey, requestKey } from './scope.ts';
import type { Allowance, DraftRule, PeerScope, PortScope } from './scope.ts';

/** One peer with one port. */
export type PeerAndPort = Pick<Allowance, 'peer' | 'port'>;

/**
 * The fewest readable rules that allow exactly what the allowances do: ports of the same peers are joined, and peers of
 * the same ports. `apart` keeps what a kind can't write into one rule in different ones. The same allowances in any order
 * give the same rules in the same order.
 */
export function mergeRules(
  allowances: readonly Allowance[],
  { namespace, apart = () => '' }: { readonly namespace: string; readonly apart?: (at: PeerAndPort) => string },
): readonly DraftRule[] {
  const groups = Map.groupBy(uniteRequests(allowances), ({ at }) => apart(at));
  const rules = [...groups.values()].flatMap((united) => {
    const group = united.map(({ at, evidence }) => ({ peers: [at.peer], ports: [at.port], evidence }));
    const byPeer = joinPeers(joinPorts(group));
    const byPort = joinPorts(joinPeers(group));
    return byPort.length < byPeer.length ? byPort : byPeer;
  });
  return rules.map((rule) => sorted(rule, namespace)).toSorted(compareRules(namespace));
}

/** One allowance for each peer and port: all requests where one of them has no limits. */
function uniteRequests(
  allowances: readonly Allowance[],
): readonly { readonly at: PeerAndPort; readonly evidence: Evidence }[] {
  const united = new Map<string, Allowance>();
  for (const each of allowances) {
    const key = `${peerKey(each.peer)}\n${connectionKey(each.port)}`;
    const before = united.get(key);
    united.set(key, before === undefined ? normal(each) : unite(before, normal(each)));
  }
  return [...united.values()].map(({ peer, port, evidence }) => ({ at: { peer, port }, evidence }));
}

function normal(allowance: Allowance): Allowance {
  const { requests } = allowance.port;
  if (requests === undefined) return allowance;
  const distinct = new Map(requests.map((each) => [requestKey(each), each]));
  const ordered = [...distinct].toSorted(([a], [b]) => compareText(a, b)).map(([, each]) => each);
  return { ...allowance, port: { ...allowance.port, requests: ordered } };
}

function unite(a: Allowance, b: Allowance): Allowance {
  const { requests: _, ...port } = { ...a.port, ...b.port };
  const readsDns = a.port.readsDns === true || b.port.readsDns === true ? { readsDns: true } : {};
  const evidence = joinEvidence(a.evidence, b.evidence);
  if (a.port.requests === undefined || b.port.requests === undefined) {
    return { peer: a.peer, port: { ...port, ...readsDns }, evidence };
  }
  return normal({
    peer: a.peer,
    port: { ...port, ...readsDns, requests: [...a.port.requests, ...b.port.requests] },
    evidence,
  });
}

function joinPorts(rules: readonly DraftRule[]): readonly DraftRule[] {
  return [...Map.groupBy(rules, ({ peers }) => textOf(peers, peerKey)).values()].map(joined);
}

function joinPeers(rules: readonly DraftRule[]): readonly DraftRule[] {
  return [...Map.groupBy(rules, ({ ports }) => textOf(ports, portKey)).values()].map(joined);
}

/** Equal for equal things in any order. */
function textOf<T>(items: readonly T[], key: (item: T) => string): string {
  const [only] = items;
  return items.length === 1 && only !== undefined ? key(only) : items.map(key).toSorted().join('\n');
}

function joined(group: readonly DraftRule[]): DraftRule {
  const [first, ...others] = group;
  if (first !== undefined && others.length === 0) return first;
  const peers = new Map<string, PeerScope>();
  const ports = new Map<string, PortScope>();
  let evidence = noEvidence;
  for (const each of group) {
    for (const peer of each.peers) peers.set(peerKey(peer), peer);
    for (const port of each.ports) ports.set(portKey(port), port);
    evidence = joinEvidence(evidence, each.evidence);
  }
  return { peers: [...peers.values()], ports: [...ports.values()], evidence };
}

function sorted(rule: DraftRule, namespace: string): DraftRule {
  return { ...rule, peers: rule.peers.toSorted(comparePeers(namespace)), ports: rule.ports.toSorted(comparePorts) };
}

function compareRules(namespace: string): (a: DraftRule, b: DraftRule) => number {
  const peers = comparePeers(namespace);
  return (a, b) => compareLists(a.peers, b.peers, peers) || compareLists(a.ports, b.ports, comparePorts);
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): number {
  for (const [at, each] of a.entries()) {
    const other = b[at];
    if (other === undefined) return 1;
    const order = compare(each, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
