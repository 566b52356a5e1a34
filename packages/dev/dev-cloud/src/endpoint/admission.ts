import { GoAway_Reason } from '@kestrel/proto/cloud';
import { peerCertificate } from '@kestrel/grpc';
import { OperationalError, type Clock } from '@kestrel/runtime';
import type { EnrolmentAuthority } from '../enrolment/enrolment-authority.ts';
import type { TokenVerifier } from '../issuer/token-verifier.ts';
import type { Ending } from './ending.ts';
import type { SessionCall } from './session-call.ts';

/** Who may open a session: token and certificate hold and name the same cluster. */
export interface Admitted {
  readonly clusterId: string;
  /** Lower-case hex. */
  readonly certificateSerial: string;
  /** When the token or the certificate ends, whichever is first; epoch milliseconds. */
  readonly expiresAtMs: number;
  readonly expires: 'token' | 'certificate';
}

/** Who decides. */
export interface Gate {
  readonly tokens: TokenVerifier;
  readonly enrolment: EnrolmentAuthority;
  readonly clock: Clock;
}

/** Checks a new call's token and client certificate. The connection has shown one that the client authority signed. */
export async function admit(call: SessionCall, gate: Gate): Promise<Admitted | Ending> {
  const [authorization] = call.metadata.get('authorization');
  try {
    const token = await gate.tokens.verify(authorization?.toString());
    const certificate = peerCertificate(call);
    if (!certificate) return unauthenticated('the connection shows no client certificate');
    const notAfterMs = certificate.notAfter.getTime();
    if (notAfterMs <= gate.clock.nowMs()) return unauthenticated('the client certificate is expired');
    const problem = gate.enrolment.peerProblem(certificate, token.clusterId);
    if (problem === 'revoked') return unauthenticated('the client certificate is revoked');
    if (problem === 'wrong_cluster') {
      const message = `the client certificate is not one of cluster ${token.clusterId}, which the token is for`;
      return { reason: GoAway_Reason.IDENTITY_MISMATCH, message };
    }
    return {
      clusterId: token.clusterId,
      certificateSerial: certificate.serialNumber,
      expiresAtMs: Math.min(token.expiresAtMs, notAfterMs),
      expires: token.expiresAtMs <= notAfterMs ? 'token' : 'certificate',
    };
  } catch (error) {
    if (error instanceof OperationalError) return unauthenticated(`${error.message} (${error.code})`);
    throw error;
  }
}

const unauthenticated = (message: string): Ending => ({ reason: GoAway_Reason.UNAUTHENTICATED, message });
