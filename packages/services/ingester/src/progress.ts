import type { Bus } from '@kestrel/bus';
import type { Clock, Health } from '@kestrel/runtime';
import type { Mirror } from './core/mirror/mirror.ts';
import type { Leadership } from './egress/leadership.ts';

const LOOK_INTERVAL_MS = 500;
/** Changes that wait this long without any acknowledgement make the writer not ready. */
const STUCK_AFTER_MS = 15_000;

export interface ProgressOptions {
  readonly bus: Bus;
  readonly mirror: Mirror;
  readonly leadership: Leadership;
  readonly health: Health;
  readonly clock: Clock;
}

/** Keeps readiness true: it is progress that counts (lease known, acknowledgements come), never merely a connection. */
export function watchProgress(o: ProgressOptions): Disposable {
  const look = () => {
    setReady(o.health, 'bus', o.bus.connected ? undefined : (o.bus.status.lastError ?? 'not connected'));
    setReady(o.health, 'mirror', o.mirror.isComplete ? undefined : 'first syncs are not complete');
    const { role, reason } = o.leadership.state;
    const unknown = o.mirror.isComplete ? (reason ?? 'not known yet') : 'waits for the first syncs';
    setReady(o.health, 'lease', role === 'unknown' ? unknown : undefined);
    setReady(o.health, 'writer', stuckReason(o));
  };
  look();
  const timer = setInterval(look, LOOK_INTERVAL_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** A standby has nothing to write and is ready for it, unless it has just failed to write and nobody else does. */
function stuckReason({ leadership, mirror, clock }: ProgressOptions): string | undefined {
  const { role, holder } = leadership.state;
  if (role !== 'active') return holder === undefined ? leadership.problem : undefined;
  const { progress } = leadership;
  if (progress === undefined) return mirror.isComplete ? (leadership.problem ?? 'prepares to write') : undefined;
  if (progress.stuckSinceMs === undefined) return undefined;
  return clock.monotonicMs() - progress.stuckSinceMs > STUCK_AFTER_MS ? 'changes are not acknowledged' : undefined;
}

function setReady(health: Health, name: string, problem: string | undefined): void {
  const component = health.component(name);
  if (problem === undefined) component.ready();
  else component.notReady(problem);
}
