import { join } from 'node:path';
import { tempDir } from '@kestrel/testkit';
import { SessionLedger } from '../../src/ledger/session-ledger.ts';
import { ClusterStore } from '../../src/store/cluster-store.ts';
import { StoreReader } from '../../src/store/store-reader.ts';

/** A store in a temp folder with the ledger of one session, for tests. */
export class LedgerFixture implements AsyncDisposable {
  store: ClusterStore;
  readonly reader: StoreReader;
  ledger: SessionLedger;
  readonly #folder: AsyncDisposable;

  private constructor(file: string, folder: AsyncDisposable) {
    this.store = new ClusterStore(file);
    this.reader = new StoreReader(file);
    this.ledger = this.newSession('session-1');
    this.#folder = folder;
  }

  static async open(): Promise<LedgerFixture> {
    const folder = await tempDir('kestrel-ledger-');
    return new LedgerFixture(join(folder.path, 'store.db'), folder);
  }

  /** Closes the store and opens it again, as a restart does. */
  restart(): void {
    this.store[Symbol.dispose]();
    this.store = new ClusterStore(this.store.file);
    this.newSession('session-after-restart');
  }

  newSession(sessionId: string): SessionLedger {
    const { store } = this;
    this.ledger = new SessionLedger({
      store,
      sessionId,
      now: () => 0,
      eventBytesMax: 1_000_000,
      keepEvents: true,
      forcedRejection: () => undefined,
    });
    return this.ledger;
  }

  /** The kinds of all violations, after a commit. */
  violations(): string[] {
    this.ledger.commit();
    return this.reader.violations().map(({ kind }) => kind);
  }

  /** The last part of the subjects of all objects, after a commit. */
  objects(): string[] {
    this.ledger.commit();
    return this.reader.inventory().map(({ subject }) => subject.split('.').at(-1) ?? '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reader[Symbol.dispose]();
    this.store[Symbol.dispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
