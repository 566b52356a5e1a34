import type { Outcome } from '../model/cause.ts';
import type { Protocol } from '../model/cluster.ts';
import { PORTS_OF, PROTOCOLS } from '../network/engine/port-match.ts';
import type { Pattern, PortRun } from './patterns.ts';

/** Inclusive. */
export type Interval = readonly [from: number, to: number];

/** Ports by protocol; for ICMP the message types. A protocol without any is left out. */
export type PortSet = Readonly<Partial<Record<Protocol, readonly Interval[]>>>;

/** Ports of TCP, UDP and SCTP; `all` is every port of all three. */
export type AllowedPorts = 'all' | Readonly<Partial<Record<'TCP' | 'UDP' | 'SCTP', readonly Interval[]>>>;

const TRANSPORTS = ['TCP', 'UDP', 'SCTP'] as const;

/** Runs of ports as a set: sorted, neighbours joined. */
export function portSet(runs: readonly PortRun[]): PortSet {
  const set: Partial<Record<Protocol, Interval[]>> = {};
  for (const protocol of PROTOCOLS) {
    const intervals: [number, number][] = [];
    for (const { from, to } of runs.filter((run) => run.protocol === protocol).toSorted((a, b) => a.from - b.from)) {
      const before = intervals.at(-1);
      if (before !== undefined && from <= before[1] + 1) before[1] = Math.max(before[1], to);
      else intervals.push([from, to]);
    }
    if (intervals.length > 0) set[protocol] = intervals;
  }
  return set;
}

/** The ports of a pattern that have an outcome; undefined when there are none. */
export function portsWith(pattern: Pattern, outcome: Outcome): AllowedPorts | undefined {
  const { TCP, UDP, SCTP } = portSet(pattern.segments.filter((segment) => segment.outcome === outcome));
  if (TCP === undefined && UDP === undefined && SCTP === undefined) return undefined;
  const set = { ...(TCP && { TCP }), ...(UDP && { UDP }), ...(SCTP && { SCTP }) };
  return TRANSPORTS.every((protocol) => isWhole(protocol, set[protocol])) ? 'all' : set;
}

function isWhole(protocol: Protocol, intervals: readonly Interval[] | undefined): boolean {
  const [only] = intervals ?? [];
  return only !== undefined && only[0] === PORTS_OF[protocol].from && only[1] === PORTS_OF[protocol].to;
}

/** For a person: `TCP 80, 443, 8000-8999; UDP all`. */
export function portsText(set: PortSet | AllowedPorts): string {
  if (set === 'all') return 'all';
  return PROTOCOLS.flatMap((protocol) => {
    const intervals = (set as PortSet)[protocol];
    if (intervals === undefined) return [];
    if (isWhole(protocol, intervals)) return [`${protocol} all`];
    return [`${protocol} ${intervals.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(', ')}`];
  }).join('; ');
}
