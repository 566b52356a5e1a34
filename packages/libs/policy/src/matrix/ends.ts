import { parseRange, rangeText } from '../address/cidr.ts';
import type { AddressRange } from '../address/cidr.ts';
import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import { ENDPOINT_LABELS } from '../network/rule.ts';
import { sealedPeers } from './rows.ts';

/** An end of connections as results name it. */
export interface End {
  /** `shop/cart[Deployment]`, a CIDR or first-last, `node-1[Node]`, `ingress[Entity]`. */
  readonly id: string;
  readonly kind: 'workload' | 'range' | 'node' | 'entity';
  /** Peers that it stands for. */
  readonly peers: readonly PeerIndex[];
  readonly workload?: ObjectRef;
  readonly range?: AddressRange;
}

/** The workloads that have pods of their own address, by id. */
export function workloadEnds(engine: NetworkEngine): readonly End[] {
  const found = new Map<string, { workload: ObjectRef; peers: PeerIndex[] }>();
  for (const { kind, index, workload } of sealedPeers(engine)) {
    if (kind !== 'pod' || workload === undefined || engine.podsOf(index).length === 0) continue;
    const id = refText(workload);
    const known = found.get(id);
    if (known === undefined) found.set(id, { workload, peers: [index] });
    else known.peers.push(index);
  }
  return Array.from(found, ([id, rest]): End => ({ id, kind: 'workload', ...rest })).toSorted(byId);
}

/** Workloads whose pods all live in their node's network: policies for pods are not about them. */
export function hostNetworkWorkloads(engine: NetworkEngine): readonly string[] {
  const pods = sealedPeers(engine).flatMap(({ kind, index }) => (kind === 'node' ? engine.podsOf(index) : []));
  return [...new Set(pods.map(({ workload }) => refText(workload)))].toSorted();
}

/** The address space outside of the cluster, cut at the blocks in use, with neighbours that `key` does not tell apart joined. */
export function rangeEnds(engine: NetworkEngine, key: (peer: PeerIndex) => number | string): readonly End[] {
  const ends: { range: AddressRange; key: number | string; peers: PeerIndex[] }[] = [];
  for (const { range, index } of partition(engine)) {
    const before = ends.at(-1);
    const own = key(index);
    if (before !== undefined && before.range.family === range.family && before.key === own) {
      before.range = { ...before.range, last: range.last };
      before.peers.push(index);
    } else {
      ends.push({ range, key: own, peers: [index] });
    }
  }
  return ends.map(({ range, peers }) => ({ id: rangeText(range), kind: 'range', range, peers }));
}

/** Nodes, as all but their own pods see them; the one without a name stands for those that the input does not know. */
export function nodeEnds(engine: NetworkEngine): readonly End[] {
  return sealedPeers(engine).flatMap(({ kind, index, labels, name }): End[] => {
    if (kind !== 'node' || !labels.has(ENDPOINT_LABELS.entity('remote-node'))) return [];
    return [{ id: name === '' ? '(other)[Node]' : `${name}[Node]`, kind, peers: [index] }];
  });
}

/** What the data plane knows by a name only. */
export function entityEnds(engine: NetworkEngine): readonly End[] {
  return sealedPeers(engine).flatMap(({ kind, index, name }): End[] =>
    kind === 'reserved' ? [{ id: `${name}[Entity]`, kind: 'entity', peers: [index] }] : [],
  );
}

/** Ranges in order; a later peer with the same range is one of its addresses with names, not a part of the space. */
function partition(engine: NetworkEngine): { readonly range: AddressRange; readonly index: PeerIndex }[] {
  const found = new Map<string, { range: AddressRange; index: PeerIndex }>();
  for (const { kind, index, name } of sealedPeers(engine)) {
    const range = kind === 'range' && !found.has(name) ? parseRange(name) : undefined;
    if (range !== undefined) found.set(name, { range, index });
  }
  return [...found.values()].toSorted(
    ({ range: a }, { range: b }) => a.family - b.family || (a.first < b.first ? -1 : 1),
  );
}

function byId(a: End, b: End): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
