import { newEpoch } from '@kestrel/bus';
import type { Bus, StreamEpoch } from '@kestrel/bus';
import type { Welcome } from '@kestrel/proto/cloud';
import type { Clock } from '@kestrel/runtime';
import { epochFault, planStream } from '../core/plan-stream.ts';
import type { CloudPosition, OpenSnapshot, StreamPlan } from '../core/plan-stream.ts';
import type { UplinkedStream } from '../core/uplinked-streams.ts';
import { firstLaterThan } from '../ingress/stream-lookup.ts';

const nanosecondsPerMs = 1_000_000n;

export interface PreparedStream {
  readonly stream: UplinkedStream;
  readonly standing: StreamEpoch;
  readonly position: CloudPosition;
  readonly plan: StreamPlan;
}

/**
 * Compares a stream with the cloud's cursor and plans its session. A store that can't be the one the cursor was made from
 * gets a new epoch here, before anything of it is sent. @throws OperationalError of the bus
 */
export async function prepareStream(
  bus: Bus,
  stream: UplinkedStream,
  found: StreamEpoch,
  o: { readonly welcome: Welcome; readonly clock: Clock },
): Promise<PreparedStream> {
  const position = positionOf(o.welcome, stream.name);
  const isComparable = position.epoch === found.epoch && position.streamTimeMs > 0;
  const laterSeq = isComparable ? await firstLaterThan(bus, stream.name, position.streamTimeMs) : undefined;
  const fault = epochFault(found, position, laterSeq);
  const standing = fault === undefined ? found : await newEpoch(bus, stream.name);
  const plan = planStream({
    kind: stream.kind,
    standing,
    position,
    openSnapshot: openSnapshotOf(o.welcome, stream.name, standing.epoch),
    fault,
    nowMs: o.clock.nowMs(),
  });
  return { stream, standing, position, plan };
}

function positionOf(welcome: Welcome, stream: string): CloudPosition {
  const cursor = welcome.cursors.find((one) => one.stream === stream);
  return {
    epoch: cursor?.epoch ?? '',
    committedSeq: Number(cursor?.committedSeq ?? 0n),
    streamTimeMs: Number((cursor?.streamTimeNs ?? 0n) / nanosecondsPerMs),
  };
}

function openSnapshotOf(welcome: Welcome, stream: string, epoch: string): OpenSnapshot | undefined {
  const open = welcome.openSnapshots.find((one) => one.stream === stream && one.epoch === epoch);
  return open && { id: open.snapshotId, epoch: open.epoch, seq: Number(open.seq) };
}
