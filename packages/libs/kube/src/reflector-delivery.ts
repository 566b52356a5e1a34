import type { Clock } from '@kestrel/runtime';
import type { KubeObject } from './kube-object.ts';
import type { ReflectorMetrics } from './reflector-metrics.ts';
import type { ReflectorSink, SyncResult } from './reflector-sink.ts';
import type { Undecodable } from './undecodable.ts';

/** Hands objects to the sink and keeps count of them. It keeps no object and no name. */
export class Delivery {
  /** Last thing that came from the server, epoch milliseconds. */
  lastEventAtMs: number | undefined;
  /** Objects that exist: upserted by the last sync, then added and deleted. */
  objects = 0;
  #undecodable = 0;
  #syncing = false;
  readonly #sink: ReflectorSink;
  readonly #clock: Clock;
  readonly #metrics: ReflectorMetrics;
  readonly #resource: string;
  readonly #onSyncStarted: () => void;

  constructor(o: {
    sink: ReflectorSink;
    clock: Clock;
    metrics: ReflectorMetrics;
    resource: string;
    onSyncStarted: () => void;
  }) {
    this.#sink = o.sink;
    this.#clock = o.clock;
    this.#metrics = o.metrics;
    this.#resource = o.resource;
    this.#onSyncStarted = o.onSyncStarted;
  }

  /** The server has begun to answer a full sync. */
  async syncStarted(): Promise<void> {
    this.#onSyncStarted();
    this.#syncing = true;
    this.objects = 0;
    this.#undecodable = 0;
    await this.#sink.syncStarted();
  }

  async syncFinished(mode: SyncResult['mode'], resourceVersion: string): Promise<void> {
    this.#metrics.syncs.inc({ resource: this.#resource, mode });
    this.#syncing = false;
    this.#showObjects();
    await this.#sink.syncFinished({ mode, objects: this.objects, undecodable: this.#undecodable, resourceVersion });
  }

  /** An object that is there. Returns the sink's promise, if it made one. */
  upsert(type: 'LISTED' | 'ADDED' | 'MODIFIED', object: KubeObject): void | Promise<void> {
    this.#count(type);
    if (type !== 'MODIFIED') this.objects += 1;
    if (type === 'ADDED') this.#showObjects();
    return this.#sink.upsert(object);
  }

  deleted(object: KubeObject): void | Promise<void> {
    this.#count('DELETED');
    this.objects -= 1;
    this.#showObjects();
    return this.#sink.deleted(object);
  }

  undecodable(info: Undecodable): void | Promise<void> {
    this.#count('UNDECODABLE');
    this.#metrics.undecodable.inc({ resource: this.#resource, reason: info.reason });
    this.#undecodable += 1;
    return this.#sink.undecodable(info);
  }

  /** A bookmark came. */
  bookmark(): void {
    this.#count('BOOKMARK');
  }

  /** Half a sync is no figure: until its end the old one stands. */
  #showObjects(): void {
    if (!this.#syncing) this.#metrics.objects.set({ resource: this.#resource }, this.objects);
  }

  #count(type: string): void {
    this.lastEventAtMs = this.#clock.nowMs();
    this.#metrics.events.inc({ resource: this.#resource, type });
  }
}
