import { OperationalError } from '@kestrel/runtime';
import type { Logger } from '@kestrel/runtime';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { apiError, isStreamMissing, isStreamNameInUse } from '../api/api-error.ts';
import { newEpochId } from '../epoch/epoch-id.ts';
import { configDifference } from './config-difference.ts';
import { METADATA } from './stream-config.ts';
import type { DesiredConfig } from './stream-config.ts';

/**
 * Makes one stream exist as wanted, and returns its state. Creates it if it is missing (with a new epoch), changes what
 * may be changed if `mayChange`, deletes nothing.
 *
 * @throws OperationalError `stream_conflict` (not retryable): the stream differs in a way only a person may decide on;
 * `bus_refused`, `bus_timeout` (retryable).
 */
export async function ensureStream(
  manager: JetStreamManager,
  want: DesiredConfig,
  o: { readonly mayChange: boolean; readonly log: Logger },
): Promise<StreamInfo> {
  const info = (await find(manager, want.name)) ?? (await create(manager, want, o.log));
  const { update, metadata, refused } = configDifference(info.config, want, info.state);
  if (refused.length > 0) {
    const reasons = refused.join('; ');
    throw new OperationalError('stream_conflict', `stream ${want.name} cannot be used as it is: ${reasons}`, {
      retryable: false,
    });
  }
  const fields = [...Object.keys(update), ...Object.keys(metadata)];
  if (fields.length === 0) return info;
  if (!o.mayChange) {
    o.log.debug({ stream: want.name, fields }, "stream differs from this service's configuration, its owner decides");
    return info;
  }
  try {
    const changed = { ...update, metadata: { ...info.config.metadata, ...metadata } };
    const updated = await manager.streams.update(want.name, changed);
    o.log.info({ stream: want.name, fields }, 'stream is changed');
    return updated;
  } catch (error) {
    throw apiError(error, `stream ${want.name} cannot be changed`);
  }
}

async function find(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (isStreamMissing(error)) return undefined;
    throw apiError(error, `stream ${name} cannot be looked at`);
  }
}

async function create(manager: JetStreamManager, want: DesiredConfig, log: Logger): Promise<StreamInfo> {
  const metadata = { ...want.metadata, [METADATA.epoch]: newEpochId() };
  try {
    const info = await manager.streams.add({ ...want, metadata });
    log.info({ stream: want.name }, 'stream is created');
    return info;
  } catch (error) {
    if (!isStreamNameInUse(error)) throw apiError(error, `stream ${want.name} cannot be created`);
    // Another process made it in between.
    const info = await find(manager, want.name);
    if (info) return info;
    throw apiError(error, `stream ${want.name} comes and goes`);
  }
}
