import {
  type KubeClient,
  Reflector,
  type ReflectorMetrics,
  type ReflectorState,
  type ResourceType,
} from '@kestrel/kube';
import type { Clock, Logger, Semaphore } from '@kestrel/runtime';
import type { Mirror } from '../core/mirror/mirror.ts';
import type { Kind } from '../kinds/kind.ts';
import { KindSink } from './kind-sink.ts';

/** What all watches share. */
export interface WatchContext {
  readonly client: KubeClient;
  readonly mirror: Mirror;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: ReflectorMetrics;
  /** How many kinds may make a full sync at once. */
  readonly syncGate: Semaphore;
  /** Time before the second list that confirms a mass shrink. */
  readonly shrinkConfirmAfterMs: number;
  /** Longest time between two full syncs of a kind; the shortest is half of it, so that kinds and instances spread out. */
  readonly fullSyncIntervalMs: number;
  /** Resolves when kinds of this tier may begin. */
  readonly tierOpen: (kind: Kind, signal: AbortSignal) => Promise<void>;
  /** A programmer's error. */
  readonly onFailure: (error: unknown) => void;
}

/** Follows one kind in one API version, from the moment its tier is open. Disposing stops it. */
export class KindWatch implements AsyncDisposable {
  readonly kind: Kind;
  readonly resource: ResourceType;
  readonly #context: WatchContext;
  readonly #reflector: Reflector;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #confirmation: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #startedMs: number | undefined;

  constructor(context: WatchContext, kind: Kind, resource: ResourceType) {
    const { client, log, syncGate, metrics, clock } = context;
    this.kind = kind;
    this.resource = resource;
    this.#context = context;
    this.#reflector = new Reflector({ client, resource, log, syncGate, metrics, clock });
    this.#running = this.#run().catch(context.onFailure);
  }

  get state(): ReflectorState {
    return this.#reflector.state();
  }

  /** Monotonic time since which it tries to sync for the first time; undefined when it has, or has not begun. */
  get firstSyncSinceMs(): number | undefined {
    return this.state.syncs === 0 ? this.#startedMs : undefined;
  }

  /** Has the kind listed again; `confirm`: after the time that a mass shrink must last. */
  requestSync(reason: string, o: { confirm: boolean }): void {
    if (!o.confirm) {
      this.#reflector.requestSync(reason);
      return;
    }
    this.#confirmation ??= setTimeout(() => {
      this.#confirmation = undefined;
      this.#reflector.requestSync(reason);
    }, this.#context.shrinkConfirmAfterMs);
  }

  /** What no watch can tell, a list does in the end (a store restored from an older copy). Unchanged records cost nothing. */
  #scheduleRenewal(): void {
    const delayMs = this.#context.fullSyncIntervalMs * (0.5 + 0.5 * Math.random());
    this.#renewal = setTimeout(() => {
      this.#reflector.requestSync('it is time');
      this.#scheduleRenewal();
    }, delayMs);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#context.tierOpen(this.kind, signal);
    if (signal.aborted) return;
    this.#startedMs = this.#context.clock.monotonicMs();
    this.#scheduleRenewal();
    const sink = new KindSink({
      mirror: this.#context.mirror,
      kind: this.kind,
      version: this.resource.version,
      onSyncWanted: (reason, o) => this.requestSync(reason, o),
    });
    await this.#reflector.run(signal, sink);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#confirmation);
    clearTimeout(this.#renewal);
    this.#stopping.abort();
    await this.#running;
  }
}
