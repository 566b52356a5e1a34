import { rangeText } from '../address/cidr.ts';
import type { End } from './ends.ts';
import type { PortChange } from './patterns.ts';

/** A pair of ends with what changes for it. */
export interface ChangedPair {
  readonly src: string;
  readonly dst: string;
  readonly changes: readonly PortChange[];
  /** Not all peers of the two ends change like that. */
  readonly differing: boolean;
}

/** Neighbours in a list of ends, by their place in it. */
export interface EndRun {
  readonly first: number;
  readonly last: number;
}

/** A changed pair before its ends have names. Equal changes are one object. */
export interface EndPair {
  readonly source: EndRun;
  readonly destination: EndRun;
  readonly changes: readonly PortChange[];
  readonly differing: boolean;
}

type Axis = 'source' | 'destination';

/** Pairs in the order of their ends; neighbouring ranges, and all nodes together, are one where they change alike. */
export function joinedPairs(ends: readonly End[], pairs: readonly EndPair[]): readonly ChangedPair[] {
  const joined = along(ends, along(ends, pairs, 'destination'), 'source');
  return joined.toSorted(bySource).map(({ source, destination, changes, differing }) => ({
    src: runText(ends, source),
    dst: runText(ends, destination),
    changes,
    differing,
  }));
}

function along(ends: readonly End[], pairs: readonly EndPair[], axis: Axis): readonly EndPair[] {
  const other = axis === 'source' ? 'destination' : 'source';
  const runs: EndPair[] = [];
  for (const pair of pairs.toSorted((a, b) => compareRuns(a[other], b[other]) || compareRuns(a[axis], b[axis]))) {
    const before = runs.at(-1);
    if (before !== undefined && compareRuns(before[other], pair[other]) === 0 && alike(before, pair)) {
      if (areNeighbours(ends, before[axis].last, pair[axis].first)) {
        runs[runs.length - 1] = { ...before, [axis]: { first: before[axis].first, last: pair[axis].last } };
        continue;
      }
    }
    runs.push(pair);
  }
  return runs.flatMap((run) => (isWhole(ends, run[axis]) ? [run] : singles(run, axis)));
}

function alike(a: EndPair, b: EndPair): boolean {
  return a.changes === b.changes && a.differing === b.differing;
}

function areNeighbours(ends: readonly End[], a: number, b: number): boolean {
  const [one, other] = [ends[a], ends[b]];
  if (b !== a + 1 || one === undefined || other === undefined || one.kind !== other.kind) return false;
  return one.kind === 'node' || (one.kind === 'range' && one.range?.family === other.range?.family);
}

/** Some nodes, but not all, have no name together. */
function isWhole(ends: readonly End[], { first, last }: EndRun): boolean {
  if (first === last || ends[first]?.kind !== 'node') return true;
  return ends[first - 1]?.kind !== 'node' && ends[last + 1]?.kind !== 'node';
}

function singles(run: EndPair, axis: Axis): EndPair[] {
  const { first, last } = run[axis];
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    ...run,
    [axis]: { first: first + index, last: first + index },
  }));
}

function runText(ends: readonly End[], { first, last }: EndRun): string {
  const [begin, end] = [ends[first], ends[last]];
  if (begin === undefined || end === undefined) throw new RangeError(`no ends from ${first} to ${last}`);
  if (first === last) return begin.id;
  if (begin.range === undefined || end.range === undefined) return '*[Node]';
  return rangeText({ ...begin.range, last: end.range.last });
}

function compareRuns(a: EndRun, b: EndRun): number {
  return a.first - b.first || a.last - b.last;
}

function bySource(a: EndPair, b: EndPair): number {
  return compareRuns(a.source, b.source) || compareRuns(a.destination, b.destination);
}
