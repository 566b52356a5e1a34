import type { PeerIndex } from '../peer.ts';
import type { Direction } from '../rule.ts';
import type { SubjectRules } from './compiled-rule.ts';
import type { Universe } from './universe.ts';
import type { UniversePeer } from './universe-peer.ts';

/**
 * The peers of a universe in groups that a subject's rules can't tell apart: starts with all in one and splits by each
 * rule's peers. Costs what the rules' sets hold, not rules times peers.
 */
export function reachGroups(universe: Universe, rules: SubjectRules, direction: Direction): PeerIndex[][] {
  const group = new Int32Array(universe.sealed);
  let groups = 1;
  const split = (keys: Map<string, number>, key: string): number => {
    let id = keys.get(key);
    if (id === undefined) {
      id = groups;
      groups += 1;
      keys.set(key, id);
    }
    return id;
  };
  const seen = new Set<unknown>();
  for (const { peers } of [rules.admin, rules.deny, rules.allow, rules.baseline].flat()) {
    const members = peers.members();
    if (members === undefined || seen.has(peers)) continue;
    seen.add(peers);
    const keys = new Map<string, number>();
    for (const peer of members) group[peer] = split(keys, `${group[peer]} ${peers.of(peer)}`);
  }
  if (direction === 'egress' && asksForNames(rules)) {
    const keys = new Map<string, number>();
    for (let peer = 0; peer < universe.sealed; peer += 1) {
      const names = namesKey(universe.peer(peer));
      if (names !== '') group[peer] = split(keys, `${group[peer]} ${names}`);
    }
  }
  const result = new Map<number, PeerIndex[]>();
  for (const [peer, id] of group.entries()) {
    const list = result.get(id);
    if (list === undefined) result.set(id, [peer]);
    else list.push(peer);
  }
  return [...result.values()];
}

function asksForNames({ admin, deny, allow, baseline }: SubjectRules): boolean {
  return [admin, deny, allow, baseline]
    .flat()
    .some(({ rule }) => rule.ports !== 'all' && rule.ports.some((term) => 'name' in term));
}

function namesKey({ namedPorts }: UniversePeer): string {
  return [...namedPorts]
    .map(([name, ports]) => `${name}=${ports.map(({ port, protocol }) => `${port}/${protocol}`).join()}`)
    .toSorted()
    .join(' ');
}
