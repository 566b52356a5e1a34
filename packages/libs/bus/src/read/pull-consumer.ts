import { randomBytes } from 'node:crypto';
import { OperationalError } from '@kestrel/runtime';
import type { Logger } from '@kestrel/runtime';
import { nanos } from '@nats-io/transport-node';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { apiError } from '../api/api-error.ts';
import type { Bus } from '../connection/bus.ts';
import type { StreamName } from '../topology/streams.ts';
import { readPullStatus } from './pull-protocol.ts';
import { readDelivery, storedMessage } from './stored-message.ts';
import type { StoredMessage } from './stored-message.ts';

/** Which messages, and how many bytes of them at once. */
export interface PullOptions {
  readonly stream: StreamName;
  readonly filter?: string;
  readonly from: { readonly seq: number } | 'last_per_subject';
  readonly headersOnly?: boolean;
  /** Bytes asked for and not yet taken by the reader. A message larger than this is fetched alone. */
  readonly bytesMax: number;
  /** End when nothing is left, rather than wait for more. */
  readonly untilEmpty: boolean;
  readonly log: Logger;
}

/** What was asked for and has not come yet. */
interface Pull {
  readonly reply: string;
  messagesLeft: number;
  /** Infinite if only messages were asked for. */
  bytesLeft: number;
  delivered: number;
}

/** Messages asked for in one pull; the bytes are the real bound. */
const PULL_MESSAGES_MAX = 10_000;
const PULL_EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 5_000;
/** Without a sign of life for this long the consumer is taken for gone. */
const SILENCE_MAX_MS = 12_000;
const WATCHDOG_MS = 1_000;
/** The server forgets a consumer that is not pulled for this long. */
const INACTIVE_MS = 60_000;

/**
 * An ephemeral pull consumer without acknowledgements, in the order of the stream, bounded by bytes. It lives as long as
 * its connection: any break (reconnect, gap, deletion, silence) ends it with `read_interrupted`, and its owner makes
 * another one where it stood.
 */
export class PullConsumer implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #o: PullOptions;
  readonly #name: string;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #stopListening: () => void;
  readonly #watchdog: NodeJS.Timeout;
  readonly #queue: { readonly message: StoredMessage; readonly bytes: number }[] = [];
  #queuedBytes = 0;
  #consumerSeq = 0;
  #pull: Pull | undefined;
  #pulls = 0;
  #fetchOneAlone = false;
  #emptied = false;
  #broken: OperationalError | undefined;
  #aliveMs = performance.now();
  #wake: (() => void) | undefined;

  private constructor(bus: Bus, o: PullOptions, name: string) {
    this.#bus = bus;
    this.#o = o;
    this.#name = name;
    this.#inbox = bus.inbox();
    this.#subscription = bus.nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => this.#receive(error, message),
    });
    this.#stopListening = bus.onStatus((event) => this.#break(`the bus is ${event}`));
    this.#watchdog = setInterval(() => this.#checkAlive(), WATCHDOG_MS);
  }

  /**
   * Makes the consumer; `pending` is what the stream holds for it at this moment.
   * @throws OperationalError `stream_missing`, `bus_refused`, `bus_timeout`, all retryable.
   */
  static async create(bus: Bus, o: PullOptions): Promise<{ consumer: PullConsumer; pending: number }> {
    const name = `${bus.user}-${randomBytes(9).toString('hex')}`;
    try {
      const manager = await bus.manager();
      const info = await manager.consumers.add(o.stream, {
        name,
        ...(o.from === 'last_per_subject'
          ? { deliver_policy: 'last_per_subject' }
          : { deliver_policy: 'by_start_sequence', opt_start_seq: Math.max(1, o.from.seq) }),
        ...(o.filter === undefined ? {} : { filter_subject: o.filter }),
        ack_policy: 'none',
        mem_storage: true,
        num_replicas: 1,
        inactive_threshold: nanos(INACTIVE_MS),
        headers_only: o.headersOnly === true,
      });
      return { consumer: new PullConsumer(bus, o, name), pending: info.num_pending };
    } catch (error) {
      throw apiError(error, `stream ${o.stream} cannot be read`);
    }
  }

  /**
   * The next message, in order. `undefined` when `signal` is aborted, or, with `untilEmpty`, when nothing is left.
   * @throws OperationalError `read_interrupted`, retryable: make another consumer.
   */
  async next(signal: AbortSignal): Promise<StoredMessage | undefined> {
    for (;;) {
      if (signal.aborted) return undefined;
      const head = this.#queue.shift();
      if (head) {
        this.#queuedBytes -= head.bytes;
        this.#refill();
        return head.message;
      }
      if (this.#broken) throw this.#broken;
      if (this.#emptied) return undefined;
      this.#refill();
      await this.#change(signal);
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** One pull at a time, as soon as half of the room is free: the next bytes travel while the last ones are read. */
  #refill(): void {
    if (this.#pull || this.#broken || this.#emptied || this.#queuedBytes > this.#o.bytesMax / 2) return;
    if (this.#fetchOneAlone && this.#queue.length > 0) return;
    const messagesLeft = this.#fetchOneAlone ? 1 : PULL_MESSAGES_MAX;
    const bytesLeft = this.#fetchOneAlone ? Number.POSITIVE_INFINITY : this.#o.bytesMax - this.#queuedBytes;
    // Without `expires` the server answers at once when nothing is left; with it, it would wait for the first message.
    const patience = this.#o.untilEmpty
      ? { no_wait: true }
      : { expires: nanos(PULL_EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) };
    const bound = Number.isFinite(bytesLeft) ? { max_bytes: bytesLeft } : {};
    this.#fetchOneAlone = false;
    this.#pulls += 1;
    const reply = `${this.#inbox}.${this.#pulls}`;
    this.#pull = { reply, messagesLeft, bytesLeft, delivered: 0 };
    this.#aliveMs = performance.now();
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#o.stream}.${this.#name}`;
    this.#bus.nc.publish(subject, JSON.stringify({ batch: messagesLeft, ...bound, ...patience }), { reply });
  }

  #receive(error: Error | null, message: Msg): void {
    if (error) {
      this.#break(error.message);
      return;
    }
    this.#aliveMs = performance.now();
    if (message.subject.startsWith(this.#inbox)) this.#status(message);
    else this.#deliver(message);
  }

  #deliver(message: Msg): void {
    const delivery = readDelivery(message.reply ?? '');
    if (!delivery) {
      this.#break('a message came without its place in the stream');
      return;
    }
    if (delivery.consumerSeq !== this.#consumerSeq + 1) {
      this.#break(`delivery ${this.#consumerSeq + 1} is missing`);
      return;
    }
    this.#consumerSeq = delivery.consumerSeq;
    const stored = storedMessage(message, delivery);
    // Exactly as the server counts: a pull that is filled to the last byte ends without a word.
    const bytes =
      Buffer.byteLength(message.subject) + (message.reply?.length ?? 0) + stored.headers.length + stored.data.length;
    this.#queue.push({ message: stored, bytes });
    this.#queuedBytes += bytes;
    this.#count(bytes);
    this.#wake?.();
  }

  #count(bytes: number): void {
    if (!this.#pull) return;
    this.#pull.delivered += 1;
    this.#pull.messagesLeft -= 1;
    this.#pull.bytesLeft -= bytes;
    if (this.#pull.messagesLeft <= 0 || this.#pull.bytesLeft <= 0) this.#pull = undefined;
  }

  #status(message: Msg): void {
    if (!message.headers) return;
    const status = readPullStatus(message.headers);
    // The end of a pull whose last message came before: another pull is under way already.
    const isStale = message.subject !== this.#pull?.reply;
    if (isStale && (status.kind === 'pull_over' || status.kind === 'too_large')) return;
    switch (status.kind) {
      case 'heartbeat':
        if (status.lastConsumerSeq !== undefined && status.lastConsumerSeq > this.#consumerSeq) {
          this.#break(`deliveries up to ${status.lastConsumerSeq} are missing`);
        }
        return;
      case 'too_large':
        this.#fetchOneAlone = this.#pull?.delivered === 0;
        break;
      case 'pull_over':
        if (this.#o.untilEmpty && this.#pull?.delivered === 0) this.#emptied = true;
        break;
      case 'broken':
        this.#break(status.reason);
        return;
    }
    this.#pull = undefined;
    this.#wake?.();
  }

  #checkAlive(): void {
    if (!this.#pull || !this.#bus.connected) return;
    if (performance.now() - this.#aliveMs > SILENCE_MAX_MS) this.#break('the consumer is silent');
  }

  #break(reason: string): void {
    this.#broken ??= new OperationalError('read_interrupted', `reading ${this.#o.stream} is interrupted: ${reason}`);
    this.#wake?.();
  }

  /** Removes the consumer; one that cannot be removed now is forgotten by the server by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#break('the reader is closed');
    clearInterval(this.#watchdog);
    this.#stopListening();
    if (this.#bus.nc.isClosed()) return;
    this.#subscription.unsubscribe();
    if (!this.#bus.connected) return;
    const manager = await this.#bus.manager();
    await manager.consumers.delete(this.#o.stream, this.#name).catch((error: unknown) => {
      this.#o.log.debug({ err: error, stream: this.#o.stream }, 'consumer is left to expire');
    });
  }
}
