import type { StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { bucketStream, bucketSubject } from '../topology/buckets.ts';
import type { BucketSpec } from '../topology/buckets.ts';
import type { StreamSpec } from '../topology/streams.ts';
import type { StreamOverrides } from './stream-overrides.ts';

/** Keys that this product keeps in a stream's metadata. Others (the server's own `_nats.*`) are left alone. */
export const METADATA = { epoch: 'kestrel.epoch', tombstoneTtlMs: 'kestrel.tombstone_ttl_ms' } as const;

/** The part of a stream's configuration that the topology decides. */
export type DesiredConfig = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'retention'
  | 'storage'
  | 'discard'
  | 'max_msgs_per_subject'
  | 'max_msgs'
  | 'max_bytes'
  | 'max_age'
  | 'max_msg_size'
  | 'duplicate_window'
  | 'num_replicas'
  | 'allow_direct'
  | 'allow_rollup_hdrs'
  | 'deny_delete'
  | 'deny_purge'
> & {
  description: string;
  allow_atomic: boolean;
  allow_msg_ttl: boolean;
  metadata: Record<string, string>;
  /** Can only be said at creation. */
  persist_mode?: string;
};

/** What a stream of the topology should look like on the server. */
export function streamConfig(spec: StreamSpec, o: StreamOverrides = {}): DesiredConfig {
  const replicas = o.replicas ?? 1;
  const tombstoneTtlMs = o.tombstoneTtlMs ?? spec.tombstoneTtlMs;
  return {
    name: spec.name,
    description: spec.description,
    subjects: [...spec.subjects],
    retention: spec.retention,
    storage: 'file',
    discard: spec.discard,
    max_msgs_per_subject: spec.msgsPerSubjectMax,
    max_msgs: o.msgsMax ?? spec.msgsMax,
    max_bytes: o.bytesMax ?? spec.bytesMax,
    max_age: nanos(o.ageMaxMs ?? spec.ageMaxMs),
    max_msg_size: spec.messageBytesMax,
    duplicate_window: nanos(spec.duplicateWindowMs),
    num_replicas: replicas,
    allow_direct: true,
    // `Nats-Rollup: all` on one permitted subject would empty the whole stream.
    allow_rollup_hdrs: false,
    deny_delete: spec.denyDelete,
    deny_purge: spec.denyPurge,
    allow_atomic: spec.atomicBatches,
    allow_msg_ttl: spec.messageTtl,
    metadata: tombstoneTtlMs === undefined ? {} : { [METADATA.tombstoneTtlMs]: String(tombstoneTtlMs) },
    ...(spec.persistAsync && replicas === 1 ? { persist_mode: 'async' } : {}),
  };
}

/** What the stream behind a bucket should look like: one value per key, readable directly, with per-key TTL. */
export function bucketConfig(spec: BucketSpec, o: StreamOverrides = {}): DesiredConfig {
  return {
    name: bucketStream(spec.name),
    description: spec.description,
    subjects: [bucketSubject(spec.name, '>')],
    retention: 'limits',
    storage: 'file',
    discard: 'new',
    max_msgs_per_subject: 1,
    max_msgs: -1,
    max_bytes: o.bytesMax ?? spec.bytesMax,
    max_age: 0,
    max_msg_size: spec.valueBytesMax,
    duplicate_window: nanos(120_000),
    num_replicas: o.replicas ?? 1,
    allow_direct: true,
    allow_rollup_hdrs: false,
    deny_delete: true,
    deny_purge: false,
    allow_atomic: false,
    allow_msg_ttl: true,
    metadata: {},
  };
}
