import type { Logger } from '@kestrel/runtime';
import type { Bus } from '../connection/bus.ts';
import { BUCKETS } from '../topology/buckets.ts';
import type { BucketName } from '../topology/buckets.ts';
import { STREAMS } from '../topology/streams.ts';
import type { StreamName } from '../topology/streams.ts';
import { ensureStream } from './ensure-stream.ts';
import { bucketConfig, streamConfig } from './stream-config.ts';
import type { StreamOverrides } from './stream-overrides.ts';

/**
 * Makes streams of the bus's account exist as the topology says. A user that does not own a stream creates it if it is
 * missing and otherwise leaves its limits alone.
 *
 * @throws OperationalError see `ensureStream`; Error for a stream of another account (a programmer's mistake).
 */
export async function ensureStreams(
  bus: Bus,
  names: readonly StreamName[],
  o: { readonly log: Logger; readonly overrides?: Partial<Record<StreamName, StreamOverrides>> },
): Promise<void> {
  const manager = await bus.manager();
  for (const name of names) {
    const spec = STREAMS[name];
    if (spec.account !== bus.account) throw new Error(`${name} is not in account ${bus.account}`);
    const want = streamConfig(spec, o.overrides?.[name]);
    await ensureStream(manager, want, { mayChange: spec.owner === bus.user, log: o.log });
  }
}

/** Makes buckets of the bus's account exist. Errors as {@link ensureStreams}. */
export async function ensureBuckets(
  bus: Bus,
  names: readonly BucketName[],
  o: { readonly log: Logger; readonly overrides?: Partial<Record<BucketName, StreamOverrides>> },
): Promise<void> {
  const manager = await bus.manager();
  for (const name of names) {
    const spec = BUCKETS[name];
    if (!spec.accounts.includes(bus.account)) throw new Error(`${name} is not in account ${bus.account}`);
    // Buckets have no owner: a difference in limits is left to whoever made it.
    await ensureStream(manager, bucketConfig(spec, o.overrides?.[name]), { mayChange: false, log: o.log });
  }
}
