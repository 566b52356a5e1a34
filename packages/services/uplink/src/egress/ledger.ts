import { EventIds, eventHeaders, Publisher, subjects } from '@kestrel/bus';
import type { Bus } from '@kestrel/bus';
import { EVENT_TYPES, LossReason, LossRecord, RejectedEvent } from '@kestrel/proto/events';
import type { EventType } from '@kestrel/proto/events';
import type { Clock, Logger, Metrics } from '@kestrel/runtime';
import { OperationalError } from '@kestrel/runtime';
import type { LostRange } from '../core/plan-stream.ts';
import type { RejectedEvent as Rejected } from '../core/stream-progress.ts';
import type { UplinkEvents } from '../events.ts';

/** Entries that wait for the bus, at most; more are counted and logged as lost. */
const waitingMax = 4_096;
const inFlightMax = 256;
const ackTimeoutMs = 5_000;

const lossReasons: Readonly<Record<LostRange['reason'], LossReason>> = {
  retention: LossReason.RETENTION,
  tombstones_expired: LossReason.TOMBSTONES_EXPIRED,
  store_lost: LossReason.STORE_LOST,
};

export interface LedgerOptions {
  readonly instance: string;
  readonly boot: string;
  readonly events: UplinkEvents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Writes what was rejected and lost to KESTREL_EVENTS, from where it goes to the cloud like everything else. */
export class Ledger implements AsyncDisposable {
  readonly #o: LedgerOptions;
  readonly #ids: EventIds;
  readonly #publisher: Publisher;
  #waiting = 0;

  constructor(bus: Bus, o: LedgerOptions) {
    const { log, metrics } = o;
    this.#o = o;
    this.#ids = new EventIds(o.instance, o.boot);
    this.#publisher = new Publisher(bus, { stream: 'KESTREL_EVENTS', log, metrics, inFlightMax, ackTimeoutMs });
  }

  rejected(stream: string, epoch: string, { seq, code, subject }: Rejected): void {
    // What says that an entry was rejected would be rejected for the same cause, for ever.
    if (subject === subjects.event('uplink', 'rejected')) return;
    const body = RejectedEvent.toJSON({ stream, epoch, seq: BigInt(seq), code, subject });
    this.#write('rejected', EVENT_TYPES.eventRejected, body);
  }

  /** `sinceMs`: stream time of the last event before the loss; 0 when nothing is known of it. */
  lost(stream: string, lost: LostRange, sinceMs: number): void {
    const now = new Date(this.#o.clock.nowMs());
    const body = LossRecord.toJSON({
      source: 'uplink',
      reason: lossReasons[lost.reason],
      count: BigInt(lost.count),
      from: sinceMs === 0 ? undefined : new Date(sinceMs),
      to: now,
      object: undefined,
      stream,
      detail: `sequences ${lost.fromSeq} to ${lost.toSeq}`,
    });
    this.#write('loss', EVENT_TYPES.lossRecorded, body);
  }

  /** The store of a stream was lost: nobody can count what it held beyond the cloud's cursor. */
  storeLost(stream: string, detail: string, sinceMs: number): void {
    const now = new Date(this.#o.clock.nowMs());
    const from = sinceMs === 0 ? undefined : new Date(sinceMs);
    const reason = LossReason.STORE_LOST;
    const body = LossRecord.toJSON({
      source: 'uplink',
      reason,
      count: 0n,
      from,
      to: now,
      object: undefined,
      stream,
      detail,
    });
    this.#write('loss', EVENT_TYPES.lossRecorded, body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#publisher[Symbol.asyncDispose]();
  }

  #write(kind: 'rejected' | 'loss', type: EventType, body: unknown): void {
    const { events, instance, clock } = this.#o;
    if (this.#waiting >= waitingMax) {
      const error = new OperationalError('ledger_full', `${waitingMax} entries wait for the bus already`);
      events.ledgerFailed({ what: kind, error });
      return;
    }
    const id = this.#ids.next();
    const headers = eventHeaders({ id, source: `/uplink/${instance}`, type, time: new Date(clock.nowMs()) });
    this.#waiting += 1;
    this.#publisher
      .publish({ subject: subjects.event('uplink', kind), headers, data: Buffer.from(JSON.stringify(body)), msgId: id })
      .catch((error: unknown) => events.ledgerFailed({ what: kind, error }))
      .finally(() => {
        this.#waiting -= 1;
      });
  }
}
