import { randomBytes } from 'node:crypto';
import { OperationalError, systemClock } from '@kestrel/runtime';
import type { Clock, Logger, Metrics } from '@kestrel/runtime';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { natsHeaders } from '../api/nats-headers.ts';
import { readPubAnswer } from '../api/pub-ack.ts';
import type { PubAnswer } from '../api/pub-ack.ts';
import type { Bus } from '../connection/bus.ts';
import { PAYLOAD_BYTES_MAX, STREAMS } from '../topology/streams.ts';
import type { StreamName } from '../topology/streams.ts';
import type { FenceHeaders } from './fence.ts';
import type { Outgoing, Stored, StoredBatch } from './outgoing.ts';
import { publisherMetrics } from './publisher-metrics.ts';
import type { PublisherMetrics } from './publisher-metrics.ts';
import { refusalVerdict } from './refusal.ts';
import { HEADERS_ADDED_BYTES, messageBytes, readAnswerToken, wireMessages } from './shipment.ts';
import type { AnswerToken, Shipment } from './shipment.ts';
import { Slots } from './slots.ts';
import { StreamWatch } from './stream-watch.ts';
import type { ResetReason } from './stream-watch.ts';

/** How a publisher works. */
export interface PublisherOptions {
  readonly stream: StreamName;
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** Messages sent or waiting to be sent again, at most; beyond it `publish` waits. */
  readonly inFlightMax: number;
  /** After this long without an answer everything unacknowledged is sent again; doubles while there is no answer. */
  readonly ackTimeoutMs: number;
  /** Every message carries it; a newer fence makes the server refuse them all (`fence_lost`). */
  readonly fence?: FenceHeaders;
  /** How often the stream is looked at for having been lost or recreated. @defaultValue 10000 */
  readonly streamCheckMs?: number;
  readonly clock?: Clock;
}

/** Messages in one atomic batch (the server's own limit). */
export const BATCH_MESSAGES_MAX = 1_000;

const ACK_TIMEOUT_MAX_MS = 30_000;
const STREAM_CHECK_MS = 10_000;
/** Pause before the server is asked again for what it refused for the moment. */
const AGAIN_DELAY_MS = 50;
/** Such refusals of one shipment before it fails. */
const AGAIN_MAX = 200;
/** How long disposal waits for what is still unacknowledged. */
const DRAIN_TIMEOUT_MS = 5_000;
const DRAIN_POLL_MS = 10;

/**
 * Publishes to one stream and settles every message: stored (once), or an error that names why not. Nothing is sent
 * while disconnected; after a reconnect or a missed deadline everything unacknowledged is sent again in order under its
 * message id, which the server stores once (within the stream's duplicate window).
 *
 * Messages in flight on one subject may be stored in any order only if the server refuses one of them: on a stream that
 * keeps the last message of a subject let at most one be unacknowledged (`CoalescingPublisher` does).
 *
 * Errors (OperationalError): `stream_missing`, `stream_full`, `publish_refused` (retryable); `fence_lost`,
 * `wrong_sequence`, `too_large`, `batch_not_allowed`, `not_allowed` (the user may not publish there), `closed` (not).
 */
export class Publisher implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #o: PublisherOptions;
  readonly #clock: Clock;
  readonly #metrics: PublisherMetrics;
  readonly #slots: Slots;
  readonly #inbox: string;
  readonly #answers: Subscription;
  readonly #watch: StreamWatch;
  /** In the order of publishing. */
  readonly #shipments = new Map<number, Shipment>();
  readonly #resetListeners = new Set<(reason: ResetReason) => void>();
  readonly #release: (() => void)[] = [];
  readonly #deadlines: NodeJS.Timeout;
  #nextId = 1;
  #ackTimeoutMs: number;
  #closed = false;

  constructor(bus: Bus, o: PublisherOptions) {
    this.#bus = bus;
    this.#o = o;
    this.#clock = o.clock ?? systemClock;
    this.#metrics = publisherMetrics(o.metrics, o.stream);
    this.#slots = new Slots(o.inFlightMax);
    this.#ackTimeoutMs = o.ackTimeoutMs;
    this.#inbox = bus.inbox();
    this.#answers = bus.nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => this.#answer(error, message),
    });
    this.#watch = new StreamWatch(bus, {
      stream: o.stream,
      intervalMs: o.streamCheckMs ?? STREAM_CHECK_MS,
      log: o.log,
      onReset: (reason) => {
        for (const listener of this.#resetListeners) listener(reason);
      },
    });
    this.#release.push(
      bus.onStatus((event) => {
        if (event === 'connected') this.#sendAll('the connection is back');
      }),
      bus.onPublishRefused((subject) => this.#notAllowed(subject)),
    );
    this.#deadlines = setInterval(() => this.#checkDeadlines(), Math.max(10, o.ackTimeoutMs / 4));
    void bus.closed.then(() => this.#closeNow());
  }

  /** Messages sent or waiting to be sent again. */
  get inFlight(): number {
    return this.#slots.taken;
  }

  /** Calls `fn` when the stream or server is no longer the one that acknowledged before; returns the way to stop that. */
  onReset(fn: (reason: ResetReason) => void): () => void {
    this.#resetListeners.add(fn);
    return () => this.#resetListeners.delete(fn);
  }

  /** Publishes one message; waits while too much is in flight. */
  async publish(message: Outgoing): Promise<Stored> {
    const { stored } = await this.#ship([message], 'pieces');
    const [only] = stored;
    if (!only) throw new Error('a stored message has no answer');
    return only;
  }

  /** Publishes 1 to {@link BATCH_MESSAGES_MAX} messages, all or none (a single one without the cost of a batch). */
  async publishBatch(messages: readonly Outgoing[]): Promise<StoredBatch> {
    if (messages.length === 0 || messages.length > BATCH_MESSAGES_MAX) {
      throw new RangeError(`a batch has 1 to ${BATCH_MESSAGES_MAX} messages, not ${messages.length}`);
    }
    const { lastSeq } = await this.#ship(messages, messages.length === 1 ? 'pieces' : 'batch');
    return { seq: lastSeq, count: messages.length };
  }

  async #ship(
    messages: readonly Outgoing[],
    mode: Shipment['mode'],
  ): Promise<{ stored: readonly Stored[]; lastSeq: number }> {
    for (const message of messages) this.#checkSize(message);
    await this.#slots.take(messages.length);
    if (this.#closed) {
      this.#slots.give(messages.length);
      throw new OperationalError('closed', 'the publisher is closed', { retryable: false });
    }
    this.#metrics.inFlight(this.#slots.taken);
    return new Promise((resolve, reject) => {
      const shipment: Shipment = {
        id: this.#nextId++,
        messages,
        mode,
        attempt: 0,
        firstSentMs: undefined,
        deadlineMs: undefined,
        stored: [],
        refusals: 0,
        resolve: (stored, lastSeq) => resolve({ stored, lastSeq }),
        reject,
      };
      this.#shipments.set(shipment.id, shipment);
      if (this.#bus.connected) this.#send(shipment);
    });
  }

  #checkSize(message: Outgoing): void {
    const bytes = messageBytes(message) + HEADERS_ADDED_BYTES;
    const { messageBytesMax } = STREAMS[this.#o.stream];
    const max = Math.min(messageBytesMax, this.#bus.nc.info?.max_payload ?? PAYLOAD_BYTES_MAX);
    if (bytes <= max) return;
    this.#metrics.failed('too_large');
    throw new OperationalError('too_large', `${message.subject} has ${bytes} bytes, ${max} are allowed`, {
      retryable: false,
    });
  }

  #send(shipment: Shipment): void {
    const now = this.#clock.monotonicMs();
    if (shipment.attempt > 0) this.#metrics.resent(shipment.messages.length);
    shipment.attempt += 1;
    shipment.firstSentMs ??= now;
    shipment.deadlineMs = now + this.#ackTimeoutMs;
    try {
      this.#write(shipment);
    } catch (cause) {
      this.#remove(shipment);
      const over = this.#bus.nc.isClosed() || this.#bus.nc.isDraining();
      // Anything else is a programmer's mistake (a header that cannot be one) and goes to whoever published.
      shipment.reject(over ? new OperationalError('closed', 'the bus is closed', { retryable: false, cause }) : cause);
    }
  }

  #write(shipment: Shipment): void {
    const fence = this.#o.fence?.headers() ?? {};
    const batchId = randomBytes(12).toString('base64url');
    const encoded = wireMessages(shipment, fence, batchId).map((wire) => ({
      ...wire,
      headers: natsHeaders(wire.headers),
    }));
    for (const { subject, data, headers, token } of encoded) {
      const reply = token === undefined ? {} : { reply: `${this.#inbox}.${token}` };
      this.#bus.nc.publish(subject, data, { headers, ...reply });
    }
  }

  #sendAll(why: string): void {
    if (this.#closed || this.#shipments.size === 0) return;
    this.#o.log.info({ stream: this.#o.stream, shipments: this.#shipments.size, why }, 'unacknowledged is sent again');
    for (const shipment of this.#shipments.values()) this.#send(shipment);
  }

  #checkDeadlines(): void {
    if (!this.#bus.connected) return;
    const now = this.#clock.monotonicMs();
    for (const { deadlineMs } of this.#shipments.values()) {
      if (deadlineMs === undefined || deadlineMs > now) continue;
      this.#ackTimeoutMs = Math.min(this.#ackTimeoutMs * 2, ACK_TIMEOUT_MAX_MS);
      this.#sendAll('no answer in time');
      return;
    }
  }

  #answer(error: Error | null, message: Msg): void {
    if (error) {
      // The server took the right to this inbox away; without it nothing can ever be settled.
      this.#fail(new OperationalError('not_allowed', `no right to inbox ${this.#inbox}`, { cause: error }));
      return;
    }
    const token = readAnswerToken(message.subject.slice(this.#inbox.length + 1));
    const shipment = token && this.#shipments.get(token.id);
    // Settled already, by an answer to another attempt.
    if (!token || !shipment) return;
    try {
      this.#settle(shipment, token, readPubAnswer(message));
    } catch (cause) {
      this.#o.log.error({ err: cause, stream: this.#o.stream }, 'answer to a publish cannot be read');
    }
  }

  #settle(shipment: Shipment, token: AnswerToken, answer: PubAnswer): void {
    if (answer.kind === 'staged') return;
    if (answer.kind === 'stored') {
      this.#stored(shipment, token, answer);
      return;
    }
    if (token.attempt !== shipment.attempt || shipment.deadlineMs === undefined) return;
    const subject = shipment.messages[token.index]?.subject ?? this.#o.stream;
    const fenced = this.#o.fence !== undefined;
    const verdict = refusalVerdict(answer, { mode: shipment.mode, fenced, subject });
    switch (verdict.kind) {
      case 'fail':
        this.#reject(shipment, verdict.error);
        break;
      case 'ask_each':
        shipment.mode = 'pieces';
        this.#send(shipment);
        break;
      case 'again':
        this.#again(shipment, refusedForTooLong(this.#o.stream));
        break;
      case 'check_stream':
        void this.#checkStream(shipment);
        break;
    }
  }

  #stored(shipment: Shipment, token: AnswerToken, answer: Extract<PubAnswer, { kind: 'stored' }>): void {
    this.#ackTimeoutMs = this.#o.ackTimeoutMs;
    const { seq, duplicate } = answer;
    if (!duplicate) this.#watch.acknowledged(seq);
    if (token.mode === 'pieces') {
      shipment.stored[token.index] = { seq, duplicate };
      if (shipment.messages.some((_, index) => !shipment.stored[index])) return;
    }
    const stored = shipment.stored.filter((one) => one !== undefined);
    this.#remove(shipment);
    this.#metrics.published(shipment.messages.length);
    if (shipment.firstSentMs !== undefined) {
      this.#metrics.acknowledged((this.#clock.monotonicMs() - shipment.firstSentMs) / 1_000);
    }
    shipment.resolve(stored, token.mode === 'batch' ? seq : (stored.at(-1)?.seq ?? seq));
  }

  #again(shipment: Shipment, atLast: OperationalError): void {
    shipment.refusals += 1;
    if (shipment.refusals > AGAIN_MAX) {
      this.#reject(shipment, atLast);
      return;
    }
    shipment.deadlineMs = undefined;
    setTimeout(() => {
      const waits = this.#shipments.has(shipment.id) && shipment.deadlineMs === undefined;
      if (waits && this.#bus.connected) this.#send(shipment);
    }, AGAIN_DELAY_MS);
  }

  async #checkStream(shipment: Shipment): Promise<void> {
    shipment.deadlineMs = undefined;
    const exists = await this.#watch.look();
    if (!this.#shipments.has(shipment.id)) return;
    const missing = new OperationalError('stream_missing', `stream ${this.#o.stream} does not answer`);
    if (exists === false) this.#reject(shipment, missing);
    else this.#again(shipment, missing);
  }

  #notAllowed(subject: string): void {
    for (const shipment of this.#shipments.values()) {
      if (!shipment.messages.some((message) => message.subject === subject)) continue;
      const text = `user ${this.#bus.user} may not publish ${subject}`;
      this.#reject(shipment, new OperationalError('not_allowed', text, { retryable: false }));
    }
  }

  #reject(shipment: Shipment, error: OperationalError): void {
    this.#remove(shipment);
    this.#metrics.failed(error.code);
    shipment.reject(error);
  }

  #remove(shipment: Shipment): void {
    if (!this.#shipments.delete(shipment.id)) return;
    this.#slots.give(shipment.messages.length);
    this.#metrics.inFlight(this.#slots.taken);
  }

  #fail(error: OperationalError): void {
    for (const shipment of this.#shipments.values()) this.#reject(shipment, error);
  }

  #closeNow(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#deadlines);
    for (const release of this.#release) release();
    this.#slots.close();
    this.#fail(new OperationalError('closed', 'the publisher is closed, the outcome is unknown', { retryable: false }));
  }

  /** Waits up to 5 s for what is unacknowledged (while connected), then fails the rest with `closed`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#slots.close();
    const endMs = this.#clock.monotonicMs() + DRAIN_TIMEOUT_MS;
    while (this.#slots.taken > 0 && this.#bus.connected && this.#clock.monotonicMs() < endMs) {
      await new Promise((resolve) => {
        setTimeout(resolve, DRAIN_POLL_MS);
      });
    }
    this.#closeNow();
    await this.#watch[Symbol.asyncDispose]();
    if (!this.#bus.nc.isClosed()) this.#answers.unsubscribe();
  }
}

function refusedForTooLong(stream: StreamName): OperationalError {
  return new OperationalError('publish_refused', `${stream} refuses for too long`);
}
