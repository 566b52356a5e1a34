import type { Account } from './accounts.ts';
import type { UserName } from './user-names.ts';

/** Names of the streams, as the server knows them. */
export type StreamName =
  | 'KESTREL_RESOURCES'
  | 'KESTREL_FLOWS'
  | 'KESTREL_EDGES'
  | 'KESTREL_EVENTS'
  | 'KESTREL_COMMANDS'
  | 'KESTREL_RESULTS'
  | 'KESTREL_AUDIT';

/** One stream of the topology: what the server is asked for, before a deployment's overrides. */
export interface StreamSpec {
  readonly name: StreamName;
  readonly account: Account;
  /** The user whose service decides the stream's limits; others that may create it leave an existing one as it is. */
  readonly owner: UserName;
  readonly description: string;
  readonly subjects: readonly string[];
  readonly retention: 'limits' | 'workqueue';
  /** What a full stream does: drop its oldest message, or refuse the new one (`stream_full`). */
  readonly discard: 'old' | 'new';
  /** 1 keeps only the last message of each subject; -1 has no such limit. */
  readonly msgsPerSubjectMax: number;
  readonly msgsMax: number;
  readonly bytesMax: number;
  /** Age at which a message is dropped; 0 never. */
  readonly ageMaxMs: number;
  /** Largest message, headers included. */
  readonly messageBytesMax: number;
  /** How long the server remembers `Nats-Msg-Id`; a resend after a longer outage is stored again. */
  readonly duplicateWindowMs: number;
  /** Atomic batches (ADR-50, server 2.12). */
  readonly atomicBatches: boolean;
  /** Per-message TTL (ADR-43, server 2.11). */
  readonly messageTtl: boolean;
  /** Acknowledge before the data is on the disk; only honoured with one replica. */
  readonly persistAsync: boolean;
  readonly denyDelete: boolean;
  readonly denyPurge: boolean;
  /** Life of a tombstone, written to the stream's metadata so that readers know it; only on the compacted stream. */
  readonly tombstoneTtlMs?: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1_024;
const MIB = 1_024 * KIB;
const GIB = 1_024 * MIB;

/** Largest event on KESTREL_RESOURCES (etcd's own limit is 1.5 MB); larger ones become a stub `{oversize, digest, size}`. */
export const RESOURCE_EVENT_BYTES_MAX = 2_000_000;

/** Largest chunk of a command's result. */
export const RESULT_CHUNK_BYTES_MAX = 128 * KIB;

/** The server's `max_payload`. */
export const PAYLOAD_BYTES_MAX = 4 * MIB;

const defaults = {
  retention: 'limits',
  discard: 'old',
  msgsPerSubjectMax: -1,
  msgsMax: -1,
  ageMaxMs: 0,
  messageBytesMax: 1 * MIB,
  duplicateWindowMs: 2 * MINUTE,
  atomicBatches: false,
  messageTtl: false,
  persistAsync: false,
  denyDelete: false,
  denyPurge: false,
} as const;

/** The streams, as data. A deployment may override limits and replicas, never subjects or retention. */
export const STREAMS: Readonly<Record<StreamName, StreamSpec>> = {
  KESTREL_RESOURCES: {
    ...defaults,
    name: 'KESTREL_RESOURCES',
    account: 'DATA',
    owner: 'ingester',
    description: 'The present state of the cluster: the last record of each object',
    subjects: ['kestrel.resources.>'],
    // A full stream must not drop the state of an object nobody writes any more: it refuses the new record instead.
    discard: 'new',
    msgsPerSubjectMax: 1,
    bytesMax: 1 * GIB,
    messageBytesMax: RESOURCE_EVENT_BYTES_MAX + 64 * KIB,
    atomicBatches: true,
    messageTtl: true,
    tombstoneTtlMs: 72 * HOUR,
  },
  KESTREL_FLOWS: {
    ...defaults,
    name: 'KESTREL_FLOWS',
    account: 'DATA',
    owner: 'ingester',
    description: 'Windows of L4 flows and L7 accesses',
    subjects: ['kestrel.flows.>'],
    bytesMax: 2 * GIB,
    ageMaxMs: 1 * DAY,
    persistAsync: true,
  },
  KESTREL_EDGES: {
    ...defaults,
    name: 'KESTREL_EDGES',
    account: 'DATA',
    owner: 'ingester',
    description: 'Who talks to whom: the last state of each edge, by reporter',
    subjects: ['kestrel.edges.>'],
    msgsPerSubjectMax: 1,
    bytesMax: 512 * MIB,
    ageMaxMs: 30 * DAY,
  },
  KESTREL_EVENTS: {
    ...defaults,
    name: 'KESTREL_EVENTS',
    account: 'DATA',
    owner: 'ingester',
    description: 'Status changes, loss records, rejected events, findings',
    subjects: ['kestrel.events.>'],
    bytesMax: 256 * MIB,
    ageMaxMs: 7 * DAY,
  },
  KESTREL_COMMANDS: {
    ...defaults,
    name: 'KESTREL_COMMANDS',
    account: 'CONTROL',
    owner: 'uplink-control',
    description: 'Commands that the cloud sent and the uplink verified',
    subjects: ['kestrel.commands.>'],
    retention: 'workqueue',
    discard: 'new',
    msgsMax: 10_000,
    bytesMax: 64 * MIB,
  },
  KESTREL_RESULTS: {
    ...defaults,
    name: 'KESTREL_RESULTS',
    account: 'CONTROL',
    owner: 'executor-control',
    description: 'Results of commands, in chunks',
    subjects: ['kestrel.results.>'],
    bytesMax: 512 * MIB,
    ageMaxMs: 3 * DAY,
    messageBytesMax: RESULT_CHUNK_BYTES_MAX + 32 * KIB,
  },
  KESTREL_AUDIT: {
    ...defaults,
    name: 'KESTREL_AUDIT',
    account: 'CONTROL',
    owner: 'executor-control',
    description: 'One hash chain of entries per writer and boot',
    subjects: ['kestrel.audit.>'],
    // Full means that work is refused: an audit entry is never dropped to make room.
    discard: 'new',
    bytesMax: 256 * MIB,
    denyDelete: true,
    denyPurge: true,
  },
};

/** All stream names, in the order of the table. */
export const STREAM_NAMES: readonly StreamName[] = Object.values(STREAMS).map((spec) => spec.name);
