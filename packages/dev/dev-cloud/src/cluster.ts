import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Ending } from './endpoint/ending.ts';
import { ClusterStore } from './store/cluster-store.ts';
import { forgetLast } from './store/forget.ts';
import { StoreReader } from './store/store-reader.ts';
import type { Violation } from './store/violation.ts';

/** The session of a cluster that is open now. */
export interface LiveSession {
  readonly id: string;
  readonly term: bigint;
  readonly instance: string;
  readonly certificateSerial: string;
  /** Makes what was received durable, says why, and ends the call. */
  end(ending: Ending): void;
  /** Ends the call without a GoAway, as a crash does. */
  cut(reason: string): void;
  sendCommand(command: { readonly digest: string; readonly signed: string }): void;
  requestResync(stream: string, reason: string): void;
}

/** A receipt as it came. */
export interface ReceivedReceipt {
  readonly commandId: string;
  readonly commandDigest: string;
  readonly state: string;
  readonly reason: string;
}

/** One cluster's side of the cloud: its store and its session. */
export class Cluster implements Disposable {
  readonly id: string;
  readonly #file: string;
  readonly #nowMs: () => number;
  readonly #commitListeners = new Set<() => void>();
  readonly #receiptListeners = new Set<(receipt: ReceivedReceipt) => void>();
  #store: ClusterStore;
  #reader: StoreReader;
  session: LiveSession | undefined;

  constructor(o: { readonly id: string; readonly dataDir: string; readonly nowMs: () => number }) {
    this.id = o.id;
    this.#file = join(o.dataDir, 'clusters', o.id, 'store.db');
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    this.#nowMs = o.nowMs;
    this.#store = new ClusterStore(this.#file);
    this.#store.endAllSessions(o.nowMs(), 'the cloud was killed');
    this.#store.commit();
    this.#reader = new StoreReader(this.#file);
  }

  get store(): ClusterStore {
    return this.#store;
  }

  get reader(): StoreReader {
    return this.#reader;
  }

  /** Copies the store, as it is durable now, to a file that must not exist yet. */
  backup(file: string): void {
    this.#store.commit();
    this.#reader.backup(file);
  }

  /** Ends the session and puts the copy in the place of the store. What the cloud found broken stays known. */
  restore(file: string): void {
    this.session?.cut('the cloud is restored from an older store');
    const violations = this.#reader.violations();
    this.#close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.#file}${suffix}`, { force: true });
    copyFileSync(file, this.#file);
    this.#store = new ClusterStore(this.#file);
    this.#store.endAllSessions(this.#nowMs(), 'the cloud was restored from an older store');
    this.#store.replaceViolations(violations);
    this.#store.commit();
    this.#reader = new StoreReader(this.#file);
  }

  /** Ends the session and forgets at least the last `count` events, as a store restored from an older copy has. */
  forgetLast(count: number): number {
    this.session?.cut('the cloud forgets');
    return forgetLast(this.#store, count);
  }

  addViolation(violation: Violation): void {
    this.#store.addViolation(this.#nowMs(), violation);
    this.#store.commit();
  }

  /** Calls `listener` after each commit of a session, until the returned function is called. */
  onCommit(listener: () => void): () => void {
    this.#commitListeners.add(listener);
    return () => void this.#commitListeners.delete(listener);
  }

  committed(): void {
    for (const listener of this.#commitListeners) listener();
  }

  onReceipt(listener: (receipt: ReceivedReceipt) => void): () => void {
    this.#receiptListeners.add(listener);
    return () => void this.#receiptListeners.delete(listener);
  }

  received(receipt: ReceivedReceipt): void {
    for (const listener of this.#receiptListeners) listener(receipt);
  }

  newSessionId(): string {
    return randomUUID();
  }

  [Symbol.dispose](): void {
    this.#close();
  }

  #close(): void {
    this.#reader[Symbol.dispose]();
    this.#store[Symbol.dispose]();
  }
}
