import { setTimeout as sleep } from 'node:timers/promises';
import { subjects, type Account } from '@kestrel/bus';
import { eventually, KubeStatusError, tempDir, type ControlPlane } from '@kestrel/testkit';
import { converge, startStack, Steps, type InventoryReport, type ServiceProcess, type Stack } from '../src/index.ts';
import { Addresses, createApplication } from '../src/sample/application.ts';
import { Churn, seededRandom } from '../src/sample/churn.ts';
import { SampleApi } from '../src/sample/sample-api.ts';
import type { StackOptions } from '../src/stack/stack.ts';
import { BusAdmin } from './bus-admin.ts';

const CONVERGE_TIMEOUT_MS = 60_000;
const CHURN_INTERVAL_MS = 60;

/** How the cloud's store differs from the cluster, and every breach of the protocol since the start. */
export type Settled = Pick<InventoryReport, 'missing' | 'unexpected'> & { readonly violations: readonly unknown[] };

/** What every scenario must end with. */
export const EXACTLY_THE_CLUSTER: Settled = { missing: [], unexpected: [], violations: [] };

/** A running system with a sample application whose changes can be started and stopped. */
export class Scenario implements AsyncDisposable {
  readonly stack: Stack;
  readonly cluster: ControlPlane;
  readonly api: SampleApi;
  readonly random: () => number;
  readonly #owned: AsyncDisposableStack;
  readonly #churn: Churn;
  readonly #admin: BusAdmin;
  #churning: { stop: AbortController; done: Promise<unknown> } | undefined;

  private constructor(
    stack: Stack,
    cluster: ControlPlane,
    owned: AsyncDisposableStack,
    o: { seed: number; admin: BusAdmin },
  ) {
    const { seed } = o;
    this.#admin = o.admin;
    this.stack = stack;
    this.cluster = cluster;
    this.api = new SampleApi(cluster.kube);
    this.random = seededRandom(seed);
    this.#owned = owned;
    this.#churn = new Churn(this.api, new Addresses(), seed);
  }

  /** Boots everything and waits until the sample application is in the cloud. */
  static async start(options: Partial<StackOptions> = {}, seed = 1): Promise<Scenario> {
    await using starting = new AsyncDisposableStack();
    const { path } = starting.use(await tempDir('kestrel-stack-'));
    const admin = new BusAdmin();
    const lines: string[] = [];
    const stack = starting.use(
      await startStack({
        dataDir: path,
        steps: new Steps((line) => lines.push(line)),
        busAdminKeys: admin.publicKeys,
        ...options,
      }),
    );
    if (!stack.cluster) throw new Error('scenarios need the embedded control plane');
    await createApplication(new SampleApi(stack.cluster.kube), new Addresses());
    const scenario = new Scenario(stack, stack.cluster, starting.move(), { seed, admin });
    const { missing, unexpected, violations } = await scenario.settle();
    if (missing.length + unexpected.length + violations.length > 0) {
      throw new Error(`the system does not even start well: ${JSON.stringify({ missing, unexpected, violations })}`);
    }
    return scenario;
  }

  /** Changes the cluster without pause until `settle` or the end. */
  churn(): void {
    if (this.#churning) return;
    const stop = new AbortController();
    const done = this.#churnUntil(stop.signal).catch((error: unknown) => error); // thrown by stopChurn, in the test
    this.#churning = { stop, done };
  }

  /** What an API server that is the victim of this very test does not take is not expected of the cloud. */
  async #churnUntil(signal: AbortSignal): Promise<undefined> {
    let changes = 0;
    while (!signal.aborted || changes === 0) {
      try {
        await this.#churn.step();
        changes += 1;
      } catch (error) {
        if (!isServerAway(error)) throw error;
      }
      await sleep(CHURN_INTERVAL_MS);
    }
    return undefined;
  }

  /** A moment of the test's own choosing, while the cluster changes. */
  async randomMoment(maxMs = 1_000): Promise<void> {
    await sleep(this.random() * maxMs);
  }

  async wait(ms: number): Promise<void> {
    await sleep(ms);
  }

  /** Deletes a stream as nobody in the product may. */
  async deleteStream(stream: string, account: Account = 'DATA'): Promise<void> {
    await this.#admin.deleteStream(this.stack.bus.url, account, stream);
  }

  /** The epoch in which the cloud knows KESTREL_RESOURCES now. */
  async epoch(): Promise<string | undefined> {
    const cursors = await this.stack.cloud.client.cursors();
    return cursors.find(({ stream }) => stream === 'KESTREL_RESOURCES')?.epoch;
  }

  async lastSequence(stream: string, account: Account = 'DATA'): Promise<number> {
    return await this.#admin.lastSequence(this.stack.bus.url, account, stream);
  }

  /** Changes a label of the object behind a subject of KESTREL_RESOURCES. False when the object is gone by now. */
  async touch(subject: string): Promise<boolean> {
    const key = subjects.parseResource(subject);
    if (!key) throw new Error(`${subject} is about no object`);
    const { group, kind, namespace, name } = key;
    const apiVersion = group === '' ? 'v1' : `${group}/v1`;
    const metadata = { name, ...(namespace !== '' && { namespace }) };
    const path = await this.cluster.kube.pathOf({ apiVersion, kind, metadata });
    const patch = { metadata: { labels: { touched: 'yes' } } };
    const { status } = await this.cluster.kube.request('PATCH', path, patch, {
      contentType: 'application/merge-patch+json',
    });
    if (status !== 200 && status !== 404) throw new Error(`${path} can't be changed: ${status}`);
    return status === 200;
  }

  /** Returns once at least one change was made since `churn`: a test without any would prove nothing. */
  async stopChurn(): Promise<void> {
    this.#churning?.stop.abort();
    const failure = await this.#churning?.done;
    this.#churning = undefined;
    if (failure !== undefined) throw failure;
  }

  /**
   * Stops the changes, waits until the cloud has exactly the API server's state, and says how it went:
   * {@link EXACTLY_THE_CLUSTER} when it does and the protocol was kept all the time, each (stream, epoch, seq) committed
   * once and no hole without a gap.
   */
  async settle(): Promise<Settled> {
    await this.stopChurn();
    const { client } = this.stack.cloud;
    const { missing, unexpected } = await converge(this.cluster.kube, client, { timeoutMs: CONVERGE_TIMEOUT_MS });
    if (missing.length > 0 || unexpected.length > 0) this.#explain();
    return { missing, unexpected, violations: await client.violations() };
  }

  /** The instance that is active now. */
  async active(service: 'ingester' | 'uplink'): Promise<ServiceProcess> {
    const instances = service === 'ingester' ? this.stack.ingesters : this.stack.uplinks;
    return await eventually(
      async () => {
        for (const instance of instances)
          if (instance.running && (await roleOf(instance)) === 'active') return instance;
        return undefined;
      },
      { message: `an active ${service}` },
    );
  }

  /** The instance that is not active now. */
  async standby(service: 'ingester' | 'uplink'): Promise<ServiceProcess> {
    const instances = service === 'ingester' ? this.stack.ingesters : this.stack.uplinks;
    const active = await this.active(service);
    const other = instances.find((instance) => instance !== active);
    if (!other) throw new Error(`there is only one ${service}`);
    return other;
  }

  /** The end of each service's log, for the report of a failed test. */
  #explain(): void {
    for (const instance of [...this.stack.ingesters, ...this.stack.uplinks]) {
      process.stderr.write(`--- ${instance.instance}\n${instance.output().slice(-4_000)}\n`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopChurn();
    await this.#owned.disposeAsync();
  }
}

const AWAY_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/** An API server that just started also refuses what it allows, until it has read its own roles. */
const AWAY_STATUSES = new Set([401, 403, 429]);

/** Whether the API server could not take a change; anything else is a fault of the test. */
function isServerAway(error: unknown): boolean {
  if (error instanceof KubeStatusError) return error.status >= 500 || AWAY_STATUSES.has(error.status);
  if (!(error instanceof Error)) return false;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return true;
  return 'code' in error && typeof error.code === 'string' && AWAY_CODES.has(error.code);
}

/** What an instance says of its own role; undefined while it does not answer. */
export async function roleOf(instance: ServiceProcess): Promise<string | undefined> {
  try {
    const response = await fetch(`${instance.adminUrl}/statusz`, { signal: AbortSignal.timeout(1_000) });
    const status: unknown = await response.json();
    const role: unknown = typeof status === 'object' && status !== null ? Reflect.get(status, 'role') : undefined;
    const name: unknown = typeof role === 'object' && role !== null ? Reflect.get(role, 'role') : role;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined; // killed, paused or not yet up: no role
  }
}
