import type { CloudClient } from '@kestrel/dev-stack';
import { z } from 'zod';

/** What is read of a committed event: when the stream took it, and of which version of an object it tells. */
const committedSchema = z.object({
  time: z.iso.datetime().transform((text) => Date.parse(text)),
  data: z.object({ ref: z.object({ resourceVersion: z.string() }) }),
});

/** When a version of an object came how far, epoch milliseconds. */
export interface Arrival {
  /** JetStream stored it. */
  readonly storedMs: number;
  /** The driver heard that the cloud has committed it. */
  readonly heardMs: number;
}

/** Listens to what the cloud commits, and notes when it heard of each version of an object. */
export class CommitListener implements AsyncDisposable {
  readonly #arrivals = new Map<number, Arrival>();
  readonly #stopping = new AbortController();
  readonly #listening: Promise<void>;

  private constructor(client: CloudClient, after: bigint) {
    this.#listening = this.#listen(client, after);
    this.#listening.catch(() => undefined); // told at disposal
  }

  /** Listens to commits after those that are there now. */
  static async start(client: CloudClient): Promise<CommitListener> {
    const cursor = (await client.cursors()).find(({ stream }) => stream === 'KESTREL_RESOURCES');
    return new CommitListener(client, cursor?.seq ?? 0n);
  }

  /** Those heard of so far, by resourceVersion. */
  get arrivals(): ReadonlyMap<number, Arrival> {
    return this.#arrivals;
  }

  async #listen(client: CloudClient, after: bigint): Promise<void> {
    const { signal } = this.#stopping;
    try {
      for await (const line of client.eventLines('KESTREL_RESOURCES', { follow: true, after, signal })) {
        const heardMs = Date.now();
        const event = committedSchema.safeParse(JSON.parse(line));
        if (!event.success) continue; // a fence: it tells of no object
        const { time: storedMs, data } = event.data;
        this.#arrivals.set(Number(data.ref.resourceVersion), { storedMs, heardMs });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#listening;
  }
}

/** Times since the change, milliseconds. */
export interface Latencies {
  readonly toStore: readonly number[];
  readonly toCommit: readonly number[];
  /** Versions that a newer one of the same object replaced on the way, and which were therefore never committed. */
  readonly superseded: number;
}

/** Matches changes (resourceVersion → epoch milliseconds) with arrivals. */
export function latencies(changedAtMs: ReadonlyMap<number, number>, arrivals: ReadonlyMap<number, Arrival>): Latencies {
  const toStore: number[] = [];
  const toCommit: number[] = [];
  for (const [version, atMs] of changedAtMs) {
    const arrival = arrivals.get(version);
    if (arrival === undefined) continue;
    toStore.push(arrival.storedMs - atMs);
    toCommit.push(arrival.heardMs - atMs);
  }
  return { toStore, toCommit, superseded: changedAtMs.size - toCommit.length };
}
