import { createLogger, createMetrics, Semaphore } from '@kestrel/runtime';
import {
  createReflectorMetrics,
  type KubeClient,
  type KubeObject,
  Reflector,
  type ReflectorLimits,
  type ReflectorSink,
  type ResourceType,
  type SyncResult,
  type Unavailable,
  type Undecodable,
} from '../src/index.ts';

export const silentLog = createLogger({
  service: 'kube-test',
  level: 'silent',
  destination: { write: () => undefined },
});

export const PODS: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

/** Quick periods, for tests. */
export const QUICK: Partial<ReflectorLimits> = {
  backoffBaseMs: 5,
  backoffMaxMs: 20,
  refusalsBelieved: 2,
  unavailableRetryMs: 10,
};

/** A reflector at work, and a consumer that keeps names and the order of calls, as the ingester would. */
export interface Following extends AsyncDisposable {
  readonly reflector: Reflector;
  /** Names of the objects that exist, sorted; of the last complete sync and what came since. */
  names(): string[];
  /** Last state of an object. */
  get(name: string): KubeObject | undefined;
  /** Calls in short: `sync`, `+a`, `-a`, `end watch_list`, `lost not_json`, `away forbidden`. */
  readonly calls: string[];
  /** How `run` ended; undefined while it runs. */
  ended(): { error: unknown } | undefined;
  readonly done: Promise<void>;
}

export function follow(
  client: KubeClient,
  o: {
    resource?: ResourceType;
    limits?: Partial<ReflectorLimits>;
    watchList?: boolean;
    syncGate?: Semaphore;
    before?: (call: string) => void | Promise<void>;
  } = {},
): Following {
  const stop = new AbortController();
  const reflector = new Reflector({
    client,
    resource: o.resource ?? PODS,
    log: silentLog,
    syncGate: o.syncGate ?? new Semaphore({ permits: 2, waitersMax: 10 }),
    metrics: createReflectorMetrics(createMetrics({ service: 'kube-test' })),
    limits: { ...QUICK, ...o.limits },
    ...(o.watchList === undefined ? {} : { watchList: o.watchList }),
  });
  const consumer = new Consumer(o.before);
  let ended: { error: unknown } | undefined;
  const done = reflector.run(stop.signal, consumer).then(
    () => {
      ended = { error: undefined };
    },
    (error: unknown) => {
      ended = { error };
    },
  );
  return {
    reflector,
    names: () => [...consumer.objects.keys()].toSorted(),
    get: (name) => consumer.objects.get(name),
    calls: consumer.calls,
    ended: () => ended,
    done,
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error('the test is over'));
      await done;
    },
  };
}

class Consumer implements ReflectorSink {
  readonly calls: string[] = [];
  objects = new Map<string, KubeObject>();
  #synced: Map<string, KubeObject> | undefined;
  readonly #before: ((call: string) => void | Promise<void>) | undefined;

  constructor(before: ((call: string) => void | Promise<void>) | undefined) {
    this.#before = before;
  }

  async syncStarted(): Promise<void> {
    this.#synced = new Map();
    await this.#call('sync');
  }

  async upsert(object: KubeObject): Promise<void> {
    (this.#synced ?? this.objects).set(object.metadata.name, object);
    await this.#call(`+${object.metadata.name}`);
  }

  async deleted(object: KubeObject): Promise<void> {
    (this.#synced ?? this.objects).delete(object.metadata.name);
    await this.#call(`-${object.metadata.name}`);
  }

  async syncFinished(result: SyncResult): Promise<void> {
    this.objects = this.#synced ?? new Map();
    this.#synced = undefined;
    await this.#call(`end ${result.mode}`);
  }

  async undecodable(info: Undecodable): Promise<void> {
    await this.#call(`lost ${info.reason} ${info.ref?.name ?? '?'}`);
  }

  async unavailable(reason: Unavailable): Promise<void> {
    await this.#call(`away ${reason}`);
  }

  async #call(text: string): Promise<void> {
    this.calls.push(text);
    await this.#before?.(text);
  }
}
