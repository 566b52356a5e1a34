import { OperationalError } from '@kestrel/runtime';
import type { StreamInfo } from '@nats-io/jetstream';
import { apiError } from '../api/api-error.ts';
import type { Bus } from '../connection/bus.ts';
import { METADATA } from '../ensure/stream-config.ts';
import type { StreamName } from '../topology/streams.ts';
import { newEpochId } from './epoch-id.ts';

/** What identifies a stream's sequences, and where they stand. */
export interface StreamEpoch {
  readonly stream: StreamName;
  /** (stream, epoch, seq) names a message for ever. */
  readonly epoch: string;
  readonly created: string;
  /** First sequence that is still there; `lastSeq + 1` when the stream is empty. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly messages: number;
  readonly bytes: number;
  /** Life of tombstones as the stream's owner configured it; only on the compacted stream. */
  readonly tombstoneTtlMs?: number;
}

/**
 * The present epoch and state of a stream.
 *
 * @throws OperationalError `stream_missing`, `bus_refused`, `bus_timeout`, `epoch_missing` (the stream was not made by
 * `ensureStreams`; {@link newEpoch} gives it one), all retryable.
 */
export async function streamEpoch(bus: Bus, stream: StreamName): Promise<StreamEpoch> {
  const manager = await bus.manager();
  try {
    return describe(stream, await manager.streams.info(stream));
  } catch (error) {
    throw apiError(error, `stream ${stream} cannot be looked at`);
  }
}

/**
 * Gives a stream a new epoch: its sequences no longer mean what they meant (it was restored from a copy, or made anew
 * outside of this product). Needs the right to update the stream. Errors as {@link streamEpoch}.
 */
export async function newEpoch(bus: Bus, stream: StreamName): Promise<StreamEpoch> {
  const manager = await bus.manager();
  try {
    const { config } = await manager.streams.info(stream);
    const metadata = { ...config.metadata, [METADATA.epoch]: newEpochId() };
    return describe(stream, await manager.streams.update(stream, { metadata }));
  } catch (error) {
    throw apiError(error, `stream ${stream} cannot be given a new epoch`);
  }
}

function describe(stream: StreamName, info: StreamInfo): StreamEpoch {
  const epoch = info.config.metadata?.[METADATA.epoch];
  if (epoch === undefined) throw new OperationalError('epoch_missing', `stream ${stream} has no epoch`);
  const tombstoneTtlMs = Number(info.config.metadata?.[METADATA.tombstoneTtlMs]);
  const { first_seq: firstSeq, last_seq: lastSeq, messages, bytes } = info.state;
  return {
    stream,
    epoch,
    created: info.created,
    firstSeq,
    lastSeq,
    messages,
    bytes,
    ...(Number.isFinite(tombstoneTtlMs) ? { tombstoneTtlMs } : {}),
  };
}
