import { GoAway_Reason } from '@kestrel/proto/cloud';
import type { OperationalError } from '@kestrel/runtime';

/** How a session ended, or why there was none. */
export type SessionEnd =
  | {
      readonly kind: 'go_away';
      readonly reason: GoAway_Reason;
      readonly message: string;
      readonly highestTerm: number;
      readonly retryAfterMs: number;
    }
  /** The connection failed, was refused or fell silent, or something here did. */
  | { readonly kind: 'failed'; readonly error: OperationalError }
  /** The plan no longer holds: new certificate, other streams. The next session is made at once. */
  | { readonly kind: 'renew'; readonly reason: string }
  /** The lease is over, or the process ends. */
  | { readonly kind: 'stopped' };

/** What to do next. */
export interface NextStep {
  readonly action: 'retry' | 'retry_at_once' | 'raise_term' | 'step_down';
  /** Wait at least this long, whatever the backoff says. */
  readonly delayMsMin: number;
  /** One stable sentence, for readiness and the log; undefined when nothing is wrong. */
  readonly problem?: string;
  /** The cloud refused the access token: get another. */
  readonly tokenRefused: boolean;
  /** The cloud refused the client certificate: enrol another. */
  readonly certificateRefused: boolean;
  /** With `raise_term`: the highest term that the cloud has seen. */
  readonly highestTerm: number;
}

/** Longest wait that the cloud may ask for. */
const retryAfterMsMax = 60_000;

const calm = { delayMsMin: 0, tokenRefused: false, certificateRefused: false, highestTerm: 0 } as const;

const sentences: Readonly<Record<GoAway_Reason, string>> = {
  [GoAway_Reason.UNSPECIFIED]: 'the cloud ends the session',
  [GoAway_Reason.DRAINING]: 'the cloud moves the session',
  [GoAway_Reason.STALE_TERM]: 'the cloud has seen a higher term',
  [GoAway_Reason.SUPERSEDED]: 'another uplink has taken over',
  [GoAway_Reason.IDENTITY_MISMATCH]: 'the cloud refuses the identity',
  [GoAway_Reason.PROTOCOL_ERROR]: 'the cloud reports a breach of the protocol',
  [GoAway_Reason.UNSUPPORTED_VERSION]: 'the cloud speaks no common protocol version',
  [GoAway_Reason.UNAUTHENTICATED]: 'the cloud refuses the credentials',
};

/** Decides what follows a session's end. Pure. */
export function nextStep(end: SessionEnd): NextStep {
  switch (end.kind) {
    case 'stopped':
      return { ...calm, action: 'step_down' };
    case 'renew':
      return { ...calm, action: 'retry_at_once' };
    case 'failed':
      return {
        ...calm,
        action: 'retry',
        problem: `no session with the cloud: ${end.error.message}`,
        ...refusals(end.error),
      };
    case 'go_away':
      return afterGoAway(end);
  }
}

function refusals({ code, message }: OperationalError): Pick<NextStep, 'tokenRefused' | 'certificateRefused'> {
  if (code === 'tls_client_certificate_rejected') return { tokenRefused: false, certificateRefused: true };
  return code === 'unauthenticated' ? refusedCredential(message) : { tokenRefused: false, certificateRefused: false };
}

function afterGoAway(end: Extract<SessionEnd, { kind: 'go_away' }>): NextStep {
  const said = end.message === '' ? '' : `: ${end.message}`;
  const problem = `${sentences[end.reason]}${said}`;
  const delayMsMin = Math.min(end.retryAfterMs, retryAfterMsMax);
  const retry = { ...calm, action: 'retry', delayMsMin, problem } as const;
  switch (end.reason) {
    case GoAway_Reason.STALE_TERM:
      return { ...retry, action: 'raise_term', highestTerm: end.highestTerm };
    case GoAway_Reason.SUPERSEDED:
      return { ...retry, action: 'step_down', highestTerm: end.highestTerm };
    case GoAway_Reason.UNAUTHENTICATED:
      return { ...retry, ...refusedCredential(end.message) };
    case GoAway_Reason.IDENTITY_MISMATCH:
      // A kept certificate can be another cluster's, out of a Secret that was copied; a wrong cluster id stays wrong.
      return { ...retry, certificateRefused: /client certificate/i.test(end.message) };
    default:
      return retry;
  }
}

/** The protocol has one reason for both; the sentence tells which. Without a word of certificates it is the token. */
function refusedCredential(message: string): Pick<NextStep, 'tokenRefused' | 'certificateRefused'> {
  const certificateRefused = /certificate/i.test(message);
  return { tokenRefused: !certificateRefused, certificateRefused };
}
