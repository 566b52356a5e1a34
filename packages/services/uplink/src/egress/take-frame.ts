import type { CloudFrame, Commit } from '@kestrel/proto/cloud';
import { OperationalError } from '@kestrel/runtime';
import type { CommandIntake } from '../commands/command-intake.ts';
import type { SessionEnd } from '../core/session-end.ts';
import { receiptFrame } from './frames.ts';
import { goAwayEnd } from './handshake.ts';
import type { SessionLink } from './session-link.ts';
import type { StreamSender } from './stream-sender.ts';

const nanosecondsPerMs = 1_000_000n;

/** Who is told of a frame. */
export interface FrameTargets {
  readonly link: SessionLink;
  readonly senders: readonly StreamSender[];
  readonly intake: CommandIntake;
  readonly finish: (end: SessionEnd) => void;
}

/** Does what a frame of an open session says. @throws OperationalError `protocol_error` for one that can't be true */
export function takeFrame(frame: CloudFrame['frame'], to: FrameTargets): void {
  switch (frame?.$case) {
    case 'commit':
      return takeCommit(frame.value, to);
    case 'credit':
      to.link.credit.grant(frame.value.trafficClass, frame.value.sizeBytes);
      return to.link.wake();
    case 'command':
      return void takeCommand(frame.value.signedCommand, to);
    case 'resync':
      return takeResync(frame.value.stream, frame.value.reason, to);
    case 'goAway':
      return to.finish(goAwayEnd(frame.value));
    case 'welcome':
      throw new OperationalError('protocol_error', 'the cloud sends a second Welcome');
    case 'heartbeat':
    case undefined: // a frame of a later protocol: ignored, as the protocol says
      return undefined;
  }
}

function takeCommit(commit: Commit, { link, senders }: FrameTargets): void {
  const sender = senders.find((one) => one.stream.name === commit.stream);
  if (!sender) throw new OperationalError('protocol_error', `the cloud commits ${commit.stream}, which is not sent`);
  sender.commit({
    epoch: commit.epoch,
    seq: Number(commit.committedSeq),
    snapshotId: commit.snapshotId,
    streamTimeMs: Number(commit.streamTimeNs / nanosecondsPerMs),
    rejected: commit.rejected.map(({ seq, code }) => ({ seq: Number(seq), code })),
  });
  link.wake();
}

function takeResync(stream: string, reason: string, { link, senders }: FrameTargets): void {
  const sender = senders.find((one) => one.stream.name === stream);
  if (sender?.stream.kind !== 'inventory')
    throw new OperationalError('protocol_error', `the cloud asks for a snapshot of ${stream}`);
  link.events.resyncAsked({ stream, reason });
  sender.resync();
}

async function takeCommand(signed: Uint8Array, { link, intake }: FrameTargets): Promise<void> {
  const receipt = await intake.take(signed);
  if (receipt) link.call.write(receiptFrame(receipt));
}
