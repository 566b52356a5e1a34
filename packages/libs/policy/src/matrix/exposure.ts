import type { Matrix, MatrixConnection } from './matrix.ts';
import type { AllowedPorts } from './ports.ts';

/** How a workload stands to what is outside of the cluster, and how much of the inside it meets. */
export interface Exposure {
  /** Id of the workload. */
  readonly id: string;
  /** A policy denies something to each of its pods. */
  readonly protected: { readonly ingress: boolean; readonly egress: boolean };
  /** Who outside may reach it. */
  readonly fromOutside: readonly OutsideAccess[];
  /** Whom outside it may reach. */
  readonly toOutside: readonly OutsideAccess[];
  /** Workloads that may reach it on some port, itself left out. */
  readonly fromWorkloads: number;
  readonly toWorkloads: number;
  /** For some connections of it, it can't be told: there may be more. */
  readonly incomplete: boolean;
}

/** A range of addresses, with the ports on which it is allowed. */
export interface OutsideAccess {
  readonly range: string;
  readonly allow: AllowedPorts;
}

/** Reads the exposure of every workload from a matrix, in its order. */
export function exposure({ peers, ranges, connections, unprotected, incomplete }: Matrix): readonly Exposure[] {
  const outside = new Set(ranges);
  const open = { ingress: new Set(unprotected.ingress), egress: new Set(unprotected.egress) };
  const from = Map.groupBy(connections, ({ dst }) => dst);
  const to = Map.groupBy(connections, ({ src }) => src);
  const gaps = new Set(incomplete.flatMap(({ src, dst }) => [src, dst]));
  return peers.map(({ id }): Exposure => {
    const incoming = from.get(id) ?? [];
    const outgoing = to.get(id) ?? [];
    return {
      id,
      protected: { ingress: !open.ingress.has(id), egress: !open.egress.has(id) },
      fromOutside: accesses(incoming, ({ src }) => src, outside),
      toOutside: accesses(outgoing, ({ dst }) => dst, outside),
      fromWorkloads: incoming.filter(({ src }) => !outside.has(src)).length,
      toWorkloads: outgoing.filter(({ dst }) => !outside.has(dst)).length,
      incomplete: gaps.has(id),
    };
  });
}

function accesses(
  connections: readonly MatrixConnection[],
  other: (connection: MatrixConnection) => string,
  outside: ReadonlySet<string>,
): readonly OutsideAccess[] {
  return connections.flatMap((each) => {
    const range = other(each);
    return outside.has(range) ? [{ range, allow: each.allow }] : [];
  });
}
