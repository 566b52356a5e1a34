import { GoAway_Reason } from '@kestrel/proto/cloud';
import type { CloudFrame, GoAway, Hello, Welcome } from '@kestrel/proto/cloud';
import type { StreamEpoch } from '@kestrel/bus';
import { OperationalError } from '@kestrel/runtime';
import type { SessionEnd } from '../core/session-end.ts';
import type { CloudCall, ReceivedFrame } from './cloud-call.ts';
import { helloFrame } from './frames.ts';
import type { CloudAddress } from './session-parts.ts';

/** Time for connection, TLS and the answer to Hello. */
const welcomeTimeoutMs = 15_000;
const protocolVersion = 1;
/** Terms grow by one an election. One above this was never given out, and believing it would use up the numbers. */
const termMax = 2n ** 48n;

/** Says Hello and waits for the first frame: a Welcome, or how the session ended before it began. */
export async function handshake(
  call: CloudCall,
  firstFrame: Promise<ReceivedFrame>,
  hello: { cloud: CloudAddress; term: number; streams: readonly StreamEpoch[] },
  signal: AbortSignal,
): Promise<Welcome | SessionEnd> {
  call.write(helloFrame(helloOf(hello)));
  const timeout = AbortSignal.timeout(welcomeTimeoutMs);
  const over = AbortSignal.any([timeout, signal]);
  const aborted = new Promise<'aborted'>((resolve) => {
    over.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  const first = await Promise.race([firstFrame, call.ended.then((end) => ({ kind: 'ended', end }) as const), aborted]);
  if (first === 'aborted') {
    if (signal.aborted) return { kind: 'stopped' };
    return failed('cloud_silent', `the cloud did not answer within ${welcomeTimeoutMs / 1_000} s`);
  }
  if (first.kind === 'ended')
    return first.end ? { kind: 'failed', error: first.end } : failed('cloud_closed', 'the cloud ends the call at once');
  return readFirst(first);
}

/** How a GoAway ends a session: one with a term that can't be true, as a breach of the protocol. */
export function goAwayEnd(value: GoAway): SessionEnd {
  const { reason, message, highestTerm, retryAfterMs } = value;
  if (highestTerm > termMax) return absurdTerm(highestTerm);
  const known = Object.values(GoAway_Reason).includes(reason) ? reason : GoAway_Reason.UNSPECIFIED;
  return { kind: 'go_away', reason: known, message, highestTerm: Number(highestTerm), retryAfterMs };
}

export function failed(code: string, message: string): SessionEnd {
  return { kind: 'failed', error: new OperationalError(code, message) };
}

function readFirst(first: ReceivedFrame): Welcome | SessionEnd {
  if (first.kind === 'unreadable') return failed('protocol_error', 'the first frame of the cloud cannot be read');
  return welcomeOf(first.frame);
}

function welcomeOf(frame: CloudFrame['frame']): Welcome | SessionEnd {
  if (frame?.$case === 'goAway') return goAwayEnd(frame.value);
  if (frame?.$case !== 'welcome')
    return failed('protocol_error', `the first frame of the cloud is ${frame?.$case ?? 'of a kind that is not known'}`);
  if (frame.value.protocolVersion !== protocolVersion)
    return failed('protocol_error', `the cloud chose protocol version ${frame.value.protocolVersion}`);
  if (frame.value.highestTerm > termMax) return absurdTerm(frame.value.highestTerm);
  return frame.value;
}

function absurdTerm(term: bigint): SessionEnd {
  return failed('protocol_error', `the cloud names term ${term} as the highest, beyond any that can be`);
}

function helloOf(o: { cloud: CloudAddress; term: number; streams: readonly StreamEpoch[] }): Hello {
  return {
    clusterId: o.cloud.clusterId,
    agentVersion: o.cloud.agentVersion,
    protocolVersions: [protocolVersion],
    term: BigInt(o.term),
    streams: o.streams.map(({ stream, epoch, firstSeq, lastSeq }) => ({
      name: stream,
      epoch,
      firstSeq: BigInt(firstSeq),
      lastSeq: BigInt(lastSeq),
    })),
    capabilities: ['zstd'],
    instance: o.cloud.instance,
  };
}
