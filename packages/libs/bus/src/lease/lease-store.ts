import { OperationalError } from '@kestrel/runtime';
import type { Logger } from '@kestrel/runtime';
import { compareAndSet } from '../api/compare-and-set.ts';
import type { CasResult } from '../api/compare-and-set.ts';
import { lastMessage } from '../api/direct-get.ts';
import { ttlHeader } from '../api/header-names.ts';
import type { Bus } from '../connection/bus.ts';
import { ensureBuckets } from '../ensure/ensure-topology.ts';
import { bucketSubject } from '../topology/buckets.ts';
import { encodeRecord, readLeaseRecord, readTerm } from './lease-record.ts';
import type { LeaseRecord } from './lease-record.ts';

/** A lease as it stands in the bucket. */
export interface StoredLease {
  /** `undefined`: nobody holds it. */
  readonly record: LeaseRecord | undefined;
  /** Sequence that the next write has to expect; 0 if there is no message. */
  readonly seq: number;
}

const BUCKET = 'kestrel_leases';
const STREAM = 'KV_kestrel_leases';
/** The marker that the nats CLI and other KV clients know as a deleted key. */
const DELETED = { 'KV-Operation': 'DEL' };

/** One lease's two keys: the lease itself, which expires, and the highest term, which does not. */
export class LeaseStore {
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #subject: string;
  readonly #termSubject: string;
  readonly #ttlMs: number;
  readonly #timeoutMs: number;

  constructor(bus: Bus, o: { key: string; ttlMs: number; timeoutMs: number; log: Logger }) {
    this.#bus = bus;
    this.#log = o.log;
    this.#subject = bucketSubject(BUCKET, o.key);
    this.#termSubject = bucketSubject(BUCKET, `${o.key}.term`);
    this.#ttlMs = o.ttlMs;
    this.#timeoutMs = o.timeoutMs;
  }

  /** @throws OperationalError `stream_missing` when the bucket is lost, `bus_timeout`. */
  async read(): Promise<StoredLease> {
    const last = await lastMessage(this.#bus, STREAM, this.#subject, this.#timeoutMs);
    if (!last) return { record: undefined, seq: 0 };
    const deleted = last.header('KV-Operation') !== undefined;
    return { record: deleted ? undefined : readLeaseRecord(last.data), seq: last.seq };
  }

  /** Writes the lease; it expires `ttlMs` later. Errors and ambiguity as `compareAndSet`. */
  write(record: LeaseRecord, expectedSeq: number): Promise<CasResult> {
    const headers = ttlHeader(this.#ttlMs);
    return this.#set(this.#subject, encodeRecord(record), expectedSeq, headers);
  }

  /** Gives the lease up, so that the next holder need not wait for it to expire. */
  release(expectedSeq: number): Promise<CasResult> {
    return this.#set(this.#subject, new Uint8Array(0), expectedSeq, { ...DELETED, ...ttlHeader(this.#ttlMs) });
  }

  async readTerm(): Promise<{ readonly term: number; readonly seq: number }> {
    const last = await lastMessage(this.#bus, STREAM, this.#termSubject, this.#timeoutMs);
    return last ? { term: readTerm(last.data), seq: last.seq } : { term: 0, seq: 0 };
  }

  writeTerm(term: number, expectedSeq: number): Promise<CasResult> {
    return this.#set(this.#termSubject, encodeRecord({ term }), expectedSeq, {});
  }

  /** Makes the bucket exist again. */
  recreate(): Promise<void> {
    return ensureBuckets(this.#bus, [BUCKET], { log: this.#log });
  }

  #set(subject: string, data: Uint8Array, expectedSeq: number, headers: Record<string, string>): Promise<CasResult> {
    return compareAndSet(this.#bus, { subject, data, expectedSeq, headers, timeoutMs: this.#timeoutMs });
  }
}

/** Whether an error says that the bucket is lost. */
export function isBucketLost(error: unknown): boolean {
  return error instanceof OperationalError && error.code === 'stream_missing';
}
