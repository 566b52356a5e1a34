import type { Logger } from '@kestrel/runtime';
import type { StreamInfo } from '@nats-io/jetstream';
import { apiError } from '../api/api-error.ts';
import type { Bus } from '../connection/bus.ts';
import type { StreamName } from '../topology/streams.ts';
import { USERS } from '../topology/users.ts';

/** Why what a writer knows of its stream may no longer be true. */
export type ResetReason = 'server_changed' | 'stream_missing' | 'stream_recreated' | 'sequence_fell';

/**
 * Watches whether a stream is still the one that was written to: on each connection, every `intervalMs`, and with each
 * acknowledgement. A reset is told once for each change found; what to do is the writer's business (rescan).
 */
export class StreamWatch implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #stream: StreamName;
  readonly #log: Logger;
  /** Isolated users may not ask; they learn of a lost stream when they publish. */
  readonly #mayAsk: boolean;
  readonly #onReset: (reason: ResetReason) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #serverId: string | undefined;
  #created: string | undefined;
  #highestSeq = 0;
  #missing = false;
  #looking: Promise<boolean | undefined> | undefined;

  constructor(
    bus: Bus,
    o: { stream: StreamName; intervalMs: number; log: Logger; onReset: (reason: ResetReason) => void },
  ) {
    this.#bus = bus;
    this.#stream = o.stream;
    this.#log = o.log;
    this.#onReset = o.onReset;
    this.#mayAsk = USERS[bus.user].publish.includes(`$JS.API.STREAM.INFO.${o.stream}`);
    this.#serverId = bus.status.serverId;
    this.#stopListening = bus.onStatus((event, status) => {
      if (event !== 'connected') return;
      if (this.#serverId !== undefined && status.serverId !== this.#serverId) this.#reset('server_changed');
      this.#serverId = status.serverId;
      void this.look();
    });
    this.#timer = setInterval(() => void this.look(), o.intervalMs);
    void this.look();
  }

  /** Notes the sequence of a message that was stored just now (not of a duplicate). */
  acknowledged(seq: number): void {
    if (seq <= this.#highestSeq) this.#reset('sequence_fell');
    this.#highestSeq = seq;
  }

  /** Whether the stream exists; `undefined` if nobody could say. Never throws. */
  look(): Promise<boolean | undefined> {
    this.#looking ??= this.#ask().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #ask(): Promise<boolean | undefined> {
    if (!this.#mayAsk || !this.#bus.connected) return undefined;
    const seqBefore = this.#highestSeq;
    try {
      const manager = await this.#bus.manager();
      this.#compare(await manager.streams.info(this.#stream), seqBefore);
      return true;
    } catch (error) {
      const { code } = apiError(error, `stream ${this.#stream}`);
      if (code !== 'stream_missing') {
        this.#log.debug({ err: error, stream: this.#stream }, 'stream cannot be looked at');
        return undefined;
      }
      if (!this.#missing) this.#reset('stream_missing');
      this.#missing = true;
      return false;
    }
  }

  #compare(info: StreamInfo, seqBefore: number): void {
    this.#missing = false;
    const recreated = this.#created !== undefined && this.#created !== info.created;
    this.#created = info.created;
    if (recreated) {
      this.#highestSeq = info.state.last_seq;
      this.#reset('stream_recreated');
    } else if (info.state.last_seq < seqBefore) {
      this.#highestSeq = info.state.last_seq;
      this.#reset('sequence_fell');
    }
  }

  #reset(reason: ResetReason): void {
    this.#log.warn({ stream: this.#stream, reason }, 'stream is not what it was');
    this.#onReset(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    await this.#looking;
  }
}
