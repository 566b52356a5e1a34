import { OperationalError } from '@kestrel/runtime';
import { compareAndSet } from '../api/compare-and-set.ts';
import { lastMessage } from '../api/direct-get.ts';
import { HEADER } from '../api/header-names.ts';
import type { Bus } from '../connection/bus.ts';
import { subjects } from '../subjects/subjects.ts';

/** What a fence adds to a publish. */
export interface FenceHeaders {
  headers(): Readonly<Record<string, string>>;
}

/** Who takes a fence, and under which lease. */
export interface FenceOptions {
  readonly holder: string;
  readonly term: number;
  /** @defaultValue KESTREL_RESOURCES */
  readonly stream?: 'KESTREL_RESOURCES' | 'KESTREL_FLOWS';
  /** How long one request may take. @defaultValue 5000 */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;
/** Another holder that takes the fence at the same time loses or wins within a few rounds. */
const ROUNDS_MAX = 5;

/**
 * A fencing token in the stream itself: a message that each new lease holder replaces. Every publish names the sequence
 * it expects there, so the server refuses whoever was replaced, however late it wakes up, at no extra cost.
 */
export class Fence implements FenceHeaders {
  readonly subject: string;
  readonly sequence: number;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(subject: string, sequence: number) {
    this.subject = subject;
    this.sequence = sequence;
    this.#headers = {
      [HEADER.expectedLastSubjectSequence]: String(sequence),
      [HEADER.expectedLastSubjectSequenceSubject]: subject,
    };
  }

  /**
   * Takes the fence of a shard: from now on every publish that carries an older one is refused. Take it after the lease
   * and before reading what is in the stream.
   *
   * @throws OperationalError `fence_contended` (others keep taking it), `stream_missing`, `bus_timeout`, all retryable.
   */
  static async take(bus: Bus, shard: string, o: FenceOptions): Promise<Fence> {
    const stream = o.stream ?? 'KESTREL_RESOURCES';
    const subject = stream === 'KESTREL_RESOURCES' ? subjects.fence(shard) : subjects.flowsFence(shard);
    const timeoutMs = o.timeoutMs ?? TIMEOUT_MS;
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const before = await lastMessage(bus, stream, subject, timeoutMs);
      const data = Buffer.from(JSON.stringify({ holder: o.holder, term: o.term, takenAt: new Date().toISOString() }));
      const headers = { 'content-type': 'application/json', 'ce-type': 'ai.usekestrel.fence.taken.v1' };
      const result = await compareAndSet(bus, { subject, data, expectedSeq: before?.seq ?? 0, headers, timeoutMs });
      if (result.kind === 'written') return new Fence(subject, result.seq);
    }
    throw new OperationalError('fence_contended', `${subject} is taken by others again and again`);
  }

  headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }
}
