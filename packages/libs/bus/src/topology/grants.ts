import { bucketStream, bucketSubject } from './buckets.ts';
import type { BucketName } from './buckets.ts';
import type { StreamName } from './streams.ts';

/** Names of streams including those behind buckets. */
type AnyStream = StreamName | `KV_${BucketName}`;

const api = '$JS.API';

/** May ask for a stream's configuration and state. */
export function mayInspect(stream: AnyStream): string[] {
  return [`${api}.STREAM.INFO.${stream}`];
}

/** May create a stream and change its configuration, never delete or purge it. */
export function mayProvision(stream: AnyStream): string[] {
  return [...mayInspect(stream), `${api}.STREAM.CREATE.${stream}`, `${api}.STREAM.UPDATE.${stream}`];
}

/** May change a stream's configuration (its epoch is in the metadata) but not create it. */
export function mayUpdate(stream: AnyStream): string[] {
  return [...mayInspect(stream), `${api}.STREAM.UPDATE.${stream}`];
}

/**
 * May read a whole stream: pull consumers of its own, and single messages. A consumer's configuration can name any
 * delivery subject of the account, so who holds this is trusted inside its account.
 */
export function mayRead(stream: AnyStream): string[] {
  return [
    ...mayInspect(stream),
    `${api}.CONSUMER.CREATE.${stream}.*`,
    `${api}.CONSUMER.CREATE.${stream}.*.>`,
    `${api}.CONSUMER.INFO.${stream}.*`,
    `${api}.CONSUMER.MSG.NEXT.${stream}.*`,
    `${api}.CONSUMER.DELETE.${stream}.*`,
    `${api}.DIRECT.GET.${stream}`,
    `${api}.DIRECT.GET.${stream}.>`,
  ];
}

/** May take messages off a work queue: one durable consumer by name, with acknowledgements. */
export function mayWork(stream: StreamName, durable: string): string[] {
  return [
    ...mayInspect(stream),
    `${api}.CONSUMER.CREATE.${stream}.${durable}.>`,
    `${api}.CONSUMER.CREATE.${stream}.${durable}`,
    `${api}.CONSUMER.INFO.${stream}.${durable}`,
    `${api}.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.ACK.${stream}.${durable}.>`,
  ];
}

/** May write and read the keys that match `keys` (subject wildcards) in a bucket. */
export function mayUseKeys(bucket: BucketName, keys: string): string[] {
  return [bucketSubject(bucket, keys), ...mayReadKeys(bucket, keys)];
}

/** May read the keys that match `keys` (subject wildcards) in a bucket, one at a time. */
export function mayReadKeys(bucket: BucketName, keys: string): string[] {
  return [`${api}.DIRECT.GET.${bucketStream(bucket)}.${bucketSubject(bucket, keys)}`];
}

/** May write and read its own service's leases, and bring the bucket back when it was lost. */
export function mayHoldLeases(service: string): string[] {
  return [...mayProvision('KV_kestrel_leases'), ...mayUseKeys('kestrel_leases', `${service}.>`)];
}
