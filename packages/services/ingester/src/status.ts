import type { StatusBoard } from '@kestrel/runtime';
import type { Mirror } from './core/mirror/mirror.ts';
import { leaseKey } from '@kestrel/bus';
import { type Leadership, SHARD } from './egress/leadership.ts';
import type { KindWatches } from './ingress/kind-watches.ts';

/** Losses that /statusz lists; the number of all is beside them. */
const LOSSES_SHOWN_MAX = 50;

/** The ingester's sections of /statusz. There is no leadership before there is a bus. */
export function showStatus(
  board: StatusBoard,
  o: { mirror: Mirror; watches: KindWatches; leadership: () => Leadership | undefined },
): void {
  const { mirror, watches, leadership } = o;
  board.set(
    'role',
    () => leadership()?.state ?? { key: leaseKey('ingester', SHARD), role: 'unknown', reason: 'no bus yet' },
  );
  board.set('writer', () => leadership()?.progress ?? null);
  board.set('kinds', () =>
    [...mirror.kinds].map((state) => {
      const watch = watches.watch(state.kind)?.state;
      return {
        kind: state.kind.id,
        phase: state.phase,
        reason: state.reason,
        objects: state.entries.size,
        held: state.held.size,
        sinceMs: state.sinceMs,
        watch: watch?.phase ?? null,
        lastEventAt: watch?.lastEventAt ?? null,
        syncs: watch?.syncs ?? 0,
        problem: watch?.problem ?? null,
      };
    }),
  );
  board.set('losses', () => {
    const losses = [...mirror.kinds].flatMap((state) => [...state.unreadable.values()]);
    return { count: losses.length, shown: losses.slice(0, LOSSES_SHOWN_MAX) };
  });
}
