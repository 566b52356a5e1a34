import type { KubeObject } from './kube-object.ts';
import type { Undecodable } from './undecodable.ts';

/** How a full sync was made, and what it brought. */
export interface SyncResult {
  readonly mode: 'watch_list' | 'paged';
  /** Objects handed over since syncStarted. */
  readonly objects: number;
  /** Objects that exist but could not be decoded: they were not handed over, and must not be taken for deleted. */
  readonly undecodable: number;
  /** The version that the set of objects is true for. */
  readonly resourceVersion: string;
}

/** Why nothing can be known of a kind now. */
export type Unavailable = 'not_served' | 'forbidden' | 'unauthorized';

/**
 * Where a reflector delivers. Calls never overlap; a promise is waited for, and meanwhile nothing is read from the
 * server: that is the back-pressure. What a sink throws ends the reflector's `run` with it.
 */
export interface ReflectorSink {
  /** A full sync begins. It voids what was handed over since an earlier syncStarted without syncFinished. */
  syncStarted(): void | Promise<void>;
  /** The object's present state; it may be the same as before. */
  upsert(object: KubeObject): void | Promise<void>;
  /** The object is gone; its last state. It may come within a sync too, for an object upserted before. */
  deleted(object: KubeObject): void | Promise<void>;
  /** What was not upserted since syncStarted does not exist (but see `undecodable`). */
  syncFinished(result: SyncResult): void | Promise<void>;
  /** Something came that can't be used. The stream goes on. */
  undecodable(info: Undecodable): void | Promise<void>;
  /** Called once when it begins; a full sync (syncStarted) is the sign that it is over. */
  unavailable(reason: Unavailable): void | Promise<void>;
}
