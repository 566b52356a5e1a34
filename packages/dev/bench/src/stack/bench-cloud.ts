import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CloudClient, CloudProcess, type Onboarding, readOnboarding } from '@kestrel/dev-stack';

/** `sqlite` keeps every event; `count` judges each by its place and drops it. */
export type CloudStore = 'sqlite' | 'count';

/** The stand-in cloud in a process of its own, with one onboarded cluster. */
export class BenchCloud implements AsyncDisposable {
  readonly onboarding: Onboarding;
  readonly #process: CloudProcess;

  private constructor(process: CloudProcess, onboarding: Onboarding) {
    this.#process = process;
    this.onboarding = onboarding;
  }

  static async start(o: { folder: string; store: CloudStore }): Promise<BenchCloud> {
    await using starting = new AsyncDisposableStack();
    const dataDir = join(o.folder, 'cloud');
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const process = starting.use(
      await CloudProcess.start({ dataDir, logDir: o.folder, clusterName: 'bench', env: { STORE: o.store } }),
    );
    const onboarding = await readOnboarding(process.valuesFile, join(o.folder, 'onboarding'));
    starting.move();
    return new BenchCloud(process, onboarding);
  }

  get client(): CloudClient {
    return this.#process.client;
  }

  /** Port of the session endpoint on this machine. */
  get port(): number {
    return Number(this.onboarding.address.split(':').at(-1));
  }

  /** @throws Error when the cloud saw the protocol broken, or events missing: then no figure means anything */
  async expectNoViolations(): Promise<void> {
    const violations = await this.client.violations();
    const [first] = violations;
    if (first === undefined) return;
    throw new Error(
      `the cloud saw ${violations.length} violations; the first: ${first.kind} in ${first.stream}: ${first.detail}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
