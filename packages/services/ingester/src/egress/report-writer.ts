import { type Bus, type EventIds, eventHeaders, Publisher, subjects } from '@kestrel/bus';
import { EVENT_TYPES, Finding, LossReason, LossRecord } from '@kestrel/proto/events';
import { type Clock, type Logger, type Metrics, OperationalError } from '@kestrel/runtime';
import type { Loss } from '../core/mirror/mirror-listener.ts';
import type { Mirror } from '../core/mirror/mirror.ts';
import { objectRef } from '../core/record.ts';

/** Reports that wait for their acknowledgement; what comes beyond is counted into one loss record. */
const WAITING_MAX = 1_000;
const IN_FLIGHT_MAX = 64;

export interface ReportWriterOptions {
  /** Whoever lost it leaves reports to its successor. */
  readonly lease: { stillHeld(): boolean };
  readonly mirror: Mirror;
  readonly ids: EventIds;
  readonly source: string;
  readonly ackTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Publishes losses and findings on KESTREL_EVENTS, at least once: a new active ingester repeats what still stands in its
 * mirror, since nobody knows what the one before had published.
 */
export class ReportWriter implements AsyncDisposable {
  readonly #o: ReportWriterOptions;
  readonly #publisher: Publisher;
  readonly #stopListening: () => void;
  #waiting = 0;
  #overflow = 0;

  constructor(bus: Bus, o: ReportWriterOptions) {
    this.#o = o;
    this.#publisher = new Publisher(bus, {
      stream: 'KESTREL_EVENTS',
      log: o.log,
      inFlightMax: IN_FLIGHT_MAX,
      ackTimeoutMs: o.ackTimeoutMs,
      metrics: o.metrics,
    });
    this.#stopListening = o.mirror.listen({
      changed: () => undefined,
      removed: () => undefined,
      settled: () => undefined,
      lost: (loss) => this.#lost(loss),
      found: (finding) => this.#publish('finding', EVENT_TYPES.findingReported, Finding.toJSON(finding)),
    });
    for (const state of o.mirror.kinds) for (const loss of state.unreadable.values()) this.#lost(loss);
  }

  #lost(loss: Loss): void {
    this.#publishLoss({ reason: loss.reason, count: 1n, object: loss.object, detail: loss.detail });
  }

  #publishLoss(loss: Pick<LossRecord, 'reason' | 'count' | 'object' | 'detail'>): void {
    const now = new Date(this.#o.clock.nowMs());
    const record = { source: 'ingester', from: now, to: now, stream: '', ...loss };
    this.#publish('loss', EVENT_TYPES.lossRecorded, LossRecord.toJSON(record));
  }

  #publish(kind: 'loss' | 'finding', type: string, body: unknown): void {
    if (!this.#o.lease.stillHeld()) return;
    if (this.#waiting >= WAITING_MAX) {
      this.#overflow += 1;
      return;
    }
    this.#waiting += 1;
    void this.#send(kind, type, body).then(() => {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#publishOverflow();
    });
  }

  #publishOverflow(): void {
    const count = this.#overflow;
    if (count === 0) return;
    this.#overflow = 0;
    const detail = 'more reports than the queue holds: kestrel_ingester_losses_total has them all';
    this.#publishLoss({ reason: LossReason.QUEUE_FULL, count: BigInt(count), object: objectRef({}), detail });
  }

  /** Never rejects: a report that can't be published stands in the log and in the metrics. */
  async #send(kind: string, type: string, body: unknown): Promise<void> {
    const id = this.#o.ids.next();
    const time = new Date(this.#o.clock.nowMs());
    try {
      await this.#publisher.publish({
        subject: subjects.event('ingester', kind),
        msgId: id,
        headers: eventHeaders({ id, source: this.#o.source, type, time }),
        data: Buffer.from(JSON.stringify(body)),
      });
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      this.#o.log.error({ err: error, type, body }, 'report cannot be published');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    await this.#publisher[Symbol.asyncDispose]();
  }
}
