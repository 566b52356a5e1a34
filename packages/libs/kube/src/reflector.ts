import { type Clock, type Logger, type Semaphore, sleep, systemClock } from '@kestrel/runtime';
import { FailurePolicy, type Verdict } from './failure-policy.ts';
import { fullSync, type SyncedWatch } from './full-sync.ts';
import type { KubeClient } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import { deliverWatch, resumeWatch } from './live-watch.ts';
import type { OpenWatch, ReflectorScope } from './open-watch.ts';
import { Delivery } from './reflector-delivery.ts';
import { DEFAULT_REFLECTOR_LIMITS, type ReflectorLimits } from './reflector-limits.ts';
import type { ReflectorMetrics } from './reflector-metrics.ts';
import type { ReflectorSink, Unavailable } from './reflector-sink.ts';
import { resourceName, type ResourceType } from './resource-type.ts';
import { StaleVersion } from './stale-version.ts';

/**
 * What a reflector is doing. `backoff`: it failed, and waits or tries again; an Unavailable stays until the server
 * answers with objects again.
 */
export type ReflectorPhase = 'stopped' | 'syncing' | 'watching' | 'backoff' | Unavailable;

/** For readiness and status pages. */
export interface ReflectorState {
  readonly phase: ReflectorPhase;
  /** Since when, epoch milliseconds. */
  readonly since: number;
  /** Last object, event or bookmark from the server, epoch milliseconds. */
  readonly lastEventAt: number | undefined;
  /** Up to which version everything was delivered; undefined before the first sync and when a new one is needed. */
  readonly resourceVersion: string | undefined;
  /** Objects of the kind, as far as known; during a sync those seen so far. */
  readonly objects: number;
  /** Full syncs completed. */
  readonly syncs: number;
  /** Last failure since the phase before watching; undefined while all is well. */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

export interface ReflectorOptions {
  readonly client: KubeClient;
  readonly resource: ResourceType;
  readonly log: Logger;
  /** Shared by all reflectors of a process: how many may make a full sync at once (two). Its waitersMax ≥ reflectors. */
  readonly syncGate: Semaphore;
  readonly metrics: ReflectorMetrics;
  readonly clock?: Clock;
  readonly limits?: Partial<ReflectorLimits>;
  /** false: sync by pages at once, for servers that are known to do WatchList badly. */
  readonly watchList?: boolean;
}

/**
 * Follows all objects of one kind and delivers them to a sink, for ever: full sync, then watch, then again as needed.
 * It keeps no objects. Rules (each was seen on a real API server): README.md.
 */
export class Reflector {
  readonly resource: ResourceType;
  readonly #o: ReflectorOptions;
  readonly #limits: ReflectorLimits;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #failures: FailurePolicy;
  #phase: ReflectorPhase = 'stopped';
  #sinceMs: number;
  #version: string | undefined;
  #syncs = 0;
  #problem: { code: string; message: string } | undefined;
  #delivery: Delivery | undefined;
  #watch: OpenWatch | undefined;
  #watchingSinceMs: number | undefined; // monotonic, of the present watch
  #syncRequest: string | undefined;

  constructor(o: ReflectorOptions) {
    this.resource = o.resource;
    this.#o = o;
    this.#limits = { ...DEFAULT_REFLECTOR_LIMITS, ...o.limits };
    this.#log = o.log.child({ resource: resourceName(o.resource) });
    this.#clock = o.clock ?? systemClock;
    this.#sinceMs = this.#clock.nowMs();
    this.#failures = new FailurePolicy(this.#limits, this.#clock);
  }

  /**
   * Runs until the signal is aborted; then resolves. Rejects only with what the sink threw, or a programmer's error.
   * It may be run again afterwards, and then begins with a full sync.
   */
  async run(signal: AbortSignal, sink: ReflectorSink): Promise<void> {
    if (this.#phase !== 'stopped') throw new Error('the reflector runs already');
    const { client, resource, metrics } = this.#o;
    const delivery = new Delivery({
      sink,
      clock: this.#clock,
      metrics,
      resource: resourceName(resource),
      onSyncStarted: () => this.#enter('syncing'),
    });
    const scope: ReflectorScope = { client, resource, limits: this.#limits, delivery };
    this.#delivery = delivery;
    this.#version = undefined;
    this.#enter('syncing');
    try {
      while (!signal.aborted) {
        const delayMs = await this.#attempt(scope, sink, signal);
        if (delayMs > 0) await sleep(delayMs, signal);
      }
    } finally {
      this.#enter('stopped');
    }
  }

  state(): ReflectorState {
    return {
      phase: this.#phase,
      since: this.#sinceMs,
      lastEventAt: this.#delivery?.lastEventAtMs,
      resourceVersion: this.#version,
      objects: this.#delivery?.objects ?? 0,
      syncs: this.#syncs,
      problem: this.#problem,
    };
  }

  /** Asks for a full sync soon, e.g. to confirm that many objects are really gone. A sync that runs now is followed by another. */
  requestSync(reason: string): void {
    this.#syncRequest = reason;
    this.#watch?.abort(new StaleVersion('requested', reason));
  }

  /** One sync and/or watch to its end; the delay before the next. */
  async #attempt(scope: ReflectorScope, sink: ReflectorSink, signal: AbortSignal): Promise<number> {
    const { metrics, resource } = this.#o;
    this.#watchingSinceMs = undefined;
    let failure: StaleVersion | KubeError | undefined;
    try {
      await this.#follow(scope, signal);
    } catch (error) {
      if (signal.aborted && (error === signal.reason || error instanceof KubeError)) return 0;
      if (!(error instanceof StaleVersion) && !(error instanceof KubeError)) throw error;
      failure = error;
    }
    const lastedMs = this.#watchingSinceMs === undefined ? 0 : this.#clock.monotonicMs() - this.#watchingSinceMs;
    const verdict = this.#failures.judge(failure, lastedMs);
    metrics.ends.inc({ resource: resourceName(resource), reason: verdict.reason });
    const hadVersion = this.#version !== undefined;
    if (verdict.needsSync) this.#version = undefined;
    if (failure !== undefined) this.#report(failure, verdict, hadVersion);
    if (verdict.unavailable !== undefined && verdict.unavailable !== this.#phase) {
      this.#enter(verdict.unavailable);
      await sink.unavailable(verdict.unavailable);
    }
    return verdict.delayMs;
  }

  async #follow(scope: ReflectorScope, signal: AbortSignal): Promise<void> {
    const version = this.#syncRequest === undefined ? this.#version : undefined;
    const { watch, resourceVersion } =
      version === undefined
        ? await this.#fullSync(scope, signal)
        : { watch: await resumeWatch(scope, version, signal), resourceVersion: version };
    this.#watch = watch;
    this.#watchingSinceMs = this.#clock.monotonicMs();
    this.#failures.watching();
    this.#problem = undefined;
    this.#enter('watching');
    try {
      if (this.#syncRequest !== undefined) throw new StaleVersion('requested', this.#syncRequest);
      await deliverWatch(scope, watch, {
        version: resourceVersion,
        signal,
        onVersion: (delivered) => {
          this.#version = delivered;
        },
      });
    } finally {
      this.#watch = undefined;
      watch.abort(new Error('the reflector is done with this watch'));
    }
  }

  async #fullSync(scope: ReflectorScope, signal: AbortSignal): Promise<SyncedWatch> {
    this.#version = undefined;
    using _permit = await this.#o.syncGate.acquire(signal);
    const startedMs = this.#clock.monotonicMs();
    this.#syncRequest = undefined;
    const synced = await fullSync(scope, this.#o.watchList ?? true, signal, this.#log);
    const { mode, resourceVersion } = synced;
    this.#version = resourceVersion;
    this.#syncs += 1;
    const ms = Math.round(this.#clock.monotonicMs() - startedMs);
    this.#log.info({ mode, resourceVersion, objects: scope.delivery.objects, ms }, 'full sync is complete');
    return synced;
  }

  #report(failure: StaleVersion | KubeError, verdict: Verdict, hadVersion: boolean): void {
    const { reason, needsSync, delayMs } = verdict;
    const fields = { reason, needsSync, delayMs: Math.round(delayMs), err: failure };
    if (failure instanceof StaleVersion || (hadVersion && needsSync && verdict.unavailable === undefined)) {
      this.#enter('syncing'); // the version is no longer good: part of ordinary life
      this.#log.info(fields, 'a full sync is needed');
      return;
    }
    const repeated = this.#problem?.code === failure.code;
    this.#problem = { code: failure.code, message: failure.message };
    if (verdict.unavailable === undefined) this.#enter('backoff');
    // Said once; while it lasts, state() shows it.
    this.#log[repeated ? 'debug' : 'warn'](fields, 'following the api server fails, is tried again');
  }

  #enter(phase: ReflectorPhase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#sinceMs = this.#clock.nowMs();
  }
}
