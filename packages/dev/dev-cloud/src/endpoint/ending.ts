import { status } from '@grpc/grpc-js';
import { GoAway_Reason, type GoAway } from '@kestrel/proto/cloud';

/** How the cloud ends a session: the last frame, and with it the status of the call. */
export interface Ending {
  readonly reason: GoAway_Reason;
  readonly message: string;
  readonly highestTerm?: bigint;
  readonly retryAfterMs?: number;
}

const statusOf: Readonly<Record<GoAway_Reason, status>> = {
  [GoAway_Reason.UNSPECIFIED]: status.UNAVAILABLE,
  [GoAway_Reason.DRAINING]: status.UNAVAILABLE,
  [GoAway_Reason.STALE_TERM]: status.FAILED_PRECONDITION,
  [GoAway_Reason.SUPERSEDED]: status.ABORTED,
  [GoAway_Reason.IDENTITY_MISMATCH]: status.PERMISSION_DENIED,
  [GoAway_Reason.PROTOCOL_ERROR]: status.INVALID_ARGUMENT,
  [GoAway_Reason.UNSUPPORTED_VERSION]: status.UNIMPLEMENTED,
  [GoAway_Reason.UNAUTHENTICATED]: status.UNAUTHENTICATED,
};

export function goAway(ending: Ending): GoAway {
  const { reason, message, highestTerm = 0n, retryAfterMs = 0 } = ending;
  return { reason, message, highestTerm, retryAfterMs };
}

export function callStatus(ending: Ending): { code: status; details: string } {
  return { code: statusOf[ending.reason], details: ending.message };
}
