import type { Account } from './accounts.ts';

/** Names of the key-value buckets. */
export type BucketName = 'kestrel_leases' | 'kestrel_commands' | 'kestrel_nonces' | 'kestrel_uplink';

/** One key-value bucket: a stream `KV_<name>` over `$KV.<name>.>` that keeps the last value of each key. */
export interface BucketSpec {
  readonly name: BucketName;
  /** The bucket exists once in each of these accounts; they share nothing. */
  readonly accounts: readonly Account[];
  readonly description: string;
  readonly bytesMax: number;
  readonly valueBytesMax: number;
}

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** The buckets, as data. All of them allow per-message TTL; a full bucket refuses writes. */
export const BUCKETS: Readonly<Record<BucketName, BucketSpec>> = {
  kestrel_leases: {
    name: 'kestrel_leases',
    accounts: ['DATA', 'CONTROL'],
    description: 'Who is active: leases with TTL, and the highest term of each',
    bytesMax: 16 * MIB,
    valueBytesMax: 4 * KIB,
  },
  kestrel_commands: {
    name: 'kestrel_commands',
    accounts: ['CONTROL'],
    description: 'State of each command',
    bytesMax: 128 * MIB,
    valueBytesMax: 256 * KIB,
  },
  kestrel_nonces: {
    name: 'kestrel_nonces',
    accounts: ['CONTROL'],
    description: 'Consumed nonces: nonce to command id',
    bytesMax: 64 * MIB,
    valueBytesMax: 4 * KIB,
  },
  kestrel_uplink: {
    name: 'kestrel_uplink',
    accounts: ['CONTROL'],
    description: "A mirror of the cloud's cursors, for display",
    bytesMax: 16 * MIB,
    valueBytesMax: 64 * KIB,
  },
};

/** The name of the stream behind a bucket. */
export function bucketStream<B extends BucketName>(bucket: B): `KV_${B}` {
  return `KV_${bucket}`;
}

/** The subject behind a key. The key's own dots make tokens; see {@link leaseKey} for the keys of leases. */
export function bucketSubject(bucket: BucketName, key: string): string {
  return `$KV.${bucket}.${key}`;
}
