import type { Outcome } from '../model/cause.ts';
import type { NetworkProfile } from '../model/profile.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PortSet } from './ports.ts';
import { portSet } from './ports.ts';
import type { PortChange } from './patterns.ts';
import { changedPairs } from './changed-pairs.ts';
import { touchedSubjects } from './touched-subjects.ts';
import type { Touched } from './touched-subjects.ts';

/**
 * What a change of policies does to connections, seen or not. Sources and destinations are workloads, ranges of addresses,
 * nodes (`node-1[Node]`, or `*[Node]` for all) and entities (`ingress[Entity]`). With ICMP, whose ports are message types.
 */
export interface MatrixDifference {
  /** Denied before, allowed after. */
  readonly added: readonly ConnectionChange[];
  /** Allowed before, denied after. */
  readonly removed: readonly ConnectionChange[];
  /** It can't be told before, or can't be told after. */
  readonly unclear: readonly UnclearChange[];
  /** Allowed before and after, but requests begin or cease to be judged one by one. */
  readonly requests: readonly (ConnectionChange & { readonly judged: boolean })[];
  readonly profile: NetworkProfile;
}

/** Ports of one pair that change alike. A pair of a workload with itself is about different pods of it. */
export interface ConnectionChange {
  readonly src: string;
  readonly dst: string;
  readonly ports: PortSet;
  /** It is so for some of the workload's pods only. */
  readonly differing?: true;
}

/** A change to or from not known. */
export interface UnclearChange extends ConnectionChange {
  readonly before: Outcome;
  readonly after: Outcome;
}

/**
 * Compares two engines over one universe (compilePair). Only connections of those whom changed rules are about are looked at.
 * What a pod may do with itself and with its own node's processes is not in it.
 */
export function matrixDifference(
  { before, after }: { readonly before: NetworkEngine; readonly after: NetworkEngine },
  touched: Touched = touchedSubjects(before, after),
): MatrixDifference {
  const added: ConnectionChange[] = [];
  const removed: ConnectionChange[] = [];
  const unclear: UnclearChange[] = [];
  const requests: (ConnectionChange & { judged: boolean })[] = [];
  const kinds = new Map<readonly PortChange[], readonly KindOfChange[]>();
  for (const { src, dst, changes, differing } of changedPairs({ before, after }, touched)) {
    let known = kinds.get(changes);
    if (known === undefined) {
      known = kindsOf(changes);
      kinds.set(changes, known);
    }
    for (const { before: was, after: is, requests: judged, ports } of known) {
      const change: ConnectionChange = differing ? { src, dst, ports, differing } : { src, dst, ports };
      if (judged !== undefined) requests.push({ ...change, judged: judged === 'judged' });
      else if (was === 'denied' && is === 'allowed') added.push(change);
      else if (was === 'allowed' && is === 'denied') removed.push(change);
      else unclear.push({ ...change, before: was, after: is });
    }
  }
  return { added, removed, unclear, requests, profile: after.profile };
}

/** Ports that change alike. */
type KindOfChange = Pick<PortChange, 'before' | 'after' | 'requests'> & { readonly ports: PortSet };

function kindsOf(changes: readonly PortChange[]): readonly KindOfChange[] {
  const groups = Map.groupBy(changes, ({ before, after, requests }) => requests ?? `${before} ${after}`);
  return [...groups.values()].flatMap((group): KindOfChange[] => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, ports: portSet(group) }];
  });
}
