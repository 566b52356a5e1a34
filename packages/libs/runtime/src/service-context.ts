import type { Clock } from './clock.ts';
import type { Health } from './health.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { StatusBoard } from './status-board.ts';

/** All that a service gets from the process it runs in. */
export interface ServiceContext<C> {
  readonly service: string;
  /** Pod name, or host-pid outside a cluster. */
  readonly instance: string;
  /** Random, new for each start: what a restart must not be mistaken for. */
  readonly boot: string;
  readonly config: C;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly status: StatusBoard;
  readonly clock: Clock;
  /** Aborted when the service begins to stop, also while `start` is still waiting for something. */
  readonly signal: AbortSignal;
  /** Fatal: the service cannot go on. It is stopped in order and the process exits with 1. The first call counts. */
  readonly fail: (error: unknown) => void;
}
