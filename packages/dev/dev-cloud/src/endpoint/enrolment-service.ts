import { status, type handleUnaryCall } from '@grpc/grpc-js';
import { memoryTlsSource, startGrpcServer } from '@kestrel/grpc';
import type { EnrollRequest, EnrollResponse } from '@kestrel/proto/cloud';
import { EnrollmentServiceService } from '@kestrel/proto/services';
import { OperationalError, type Logger } from '@kestrel/runtime';
import type { EnrolmentAuthority } from '../enrolment/enrolment-authority.ts';
import type { TokenVerifier } from '../issuer/token-verifier.ts';

/** What the enrolment service is made of. */
export interface EnrolmentServiceOptions {
  readonly port: number;
  readonly tls: { readonly certificatePem: string; readonly privateKeyPem: string };
  readonly tokens: TokenVerifier;
  readonly enrolment: EnrolmentAuthority;
  /** Roots that the endpoint's own certificate chains to, PEM. */
  readonly serverCaPem: string;
  readonly log: Logger;
}

const host = '127.0.0.1';
/** A certificate request is 1 KB or less. */
const requestBytesMax = 64 * 1024;

/** EnrollmentService on 127.0.0.1: TLS without client certificates; a bearer token says for which cluster. */
export async function startEnrolmentService(
  o: EnrolmentServiceOptions,
): Promise<AsyncDisposable & { readonly port: number }> {
  const enroll: handleUnaryCall<EnrollRequest, EnrollResponse> = (call, answer) => {
    const [authorization] = call.metadata.get('authorization');
    enrol(authorization?.toString(), call.request, o).then(
      (response) => answer(null, response),
      (error: unknown) => answer(refusal(error, o.log)),
    );
  };
  return await startGrpcServer({
    host,
    port: o.port,
    tls: memoryTlsSource({ cert: Buffer.from(o.tls.certificatePem), key: Buffer.from(o.tls.privateKeyPem) }),
    requireClientCert: false,
    services: [{ definition: EnrollmentServiceService, implementation: { enroll } }],
    maxReceiveBytes: requestBytesMax,
    log: o.log,
  });
}

async function enrol(
  authorization: string | undefined,
  request: EnrollRequest,
  o: EnrolmentServiceOptions,
): Promise<EnrollResponse> {
  const { clusterId } = await o.tokens.verify(authorization);
  if (request.clusterId !== clusterId) {
    const message = `the request is for cluster ${request.clusterId}, the token of ${clusterId}`;
    throw new OperationalError('wrong_cluster', message, { retryable: false });
  }
  const { certificatePem } = await o.enrolment.enrol({ csrPem: request.csrPem, clusterId });
  return { certificatePem, caPem: o.serverCaPem };
}

/** Token refusals are UNAUTHENTICATED, another cluster's id PERMISSION_DENIED, any other refusal is the request's fault. */
function refusal(error: unknown, log: Logger): { code: status; details: string } {
  if (!(error instanceof OperationalError)) {
    log.error({ err: error }, 'an enrolment fails');
    return { code: status.INTERNAL, details: 'the enrolment failed' };
  }
  log.info({ code: error.code, reason: error.message }, 'refuses an enrolment');
  const details = `${error.message} (${error.code})`;
  if (/^(token|client)_/.test(error.code)) return { code: status.UNAUTHENTICATED, details };
  if (error.code === 'wrong_cluster') return { code: status.PERMISSION_DENIED, details };
  return { code: status.INVALID_ARGUMENT, details };
}
