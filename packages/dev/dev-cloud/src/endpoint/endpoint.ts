import type { Clock, Logger } from '@kestrel/runtime';
import { memoryTlsSource, startGrpcServer } from '@kestrel/grpc';
import { GoAway_Reason } from '@kestrel/proto/cloud';
import type { ClientFrame, Hello } from '@kestrel/proto/cloud';
import type { Cloud } from '../cloud.ts';
import type { Cluster } from '../cluster.ts';
import { admit, type Admitted, type Gate } from './admission.ts';
import { callStatus, goAway, type Ending } from './ending.ts';
import type { EndpointLimits } from './limits.ts';
import { Session } from './session.ts';
import { sessionDefinition, type ReceivedFrame, type SessionCall } from './session-call.ts';

/** What the endpoint is made of. */
export interface EndpointOptions {
  readonly port: number;
  readonly tls: { readonly certificatePem: string; readonly privateKeyPem: string };
  readonly gate: Gate;
  readonly cloud: Cloud;
  readonly limits: EndpointLimits;
  readonly keepEvents: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long open sessions may take to end when the endpoint stops: they were all told to go. */
const drainMs = 1_000;
const host = '127.0.0.1';

/** The gRPC endpoint on 127.0.0.1: SessionService over mTLS. Disposing it closes what is open. */
export async function startEndpoint(o: EndpointOptions): Promise<AsyncDisposable & { readonly port: number }> {
  const { certificatePem, privateKeyPem } = o.tls;
  const open = (call: SessionCall): void => {
    call.pause();
    call.on('error', () => undefined); // its handler in grpc-js turns it into the call's status
    serve(call, o).catch((error: unknown) => {
      o.log.error({ err: error }, 'a call fails');
      call.emit('error', error);
    });
  };
  return await startGrpcServer({
    host,
    port: o.port,
    tls: memoryTlsSource({
      ca: Buffer.from(o.gate.enrolment.caPem),
      cert: Buffer.from(certificatePem),
      key: Buffer.from(privateKeyPem),
    }),
    requireClientCert: true,
    services: [{ definition: sessionDefinition, implementation: { open } }],
    receiveWindowBytes: o.limits.receiveWindowBytes,
    maxReceiveBytes: o.limits.frameBytesMax + frameSlackBytes,
    drainMs,
    log: o.log,
  });
}

/** A frame somewhat over the limit still arrives, so that it can be said what is wrong with it. */
const frameSlackBytes = 1024 * 1024;

async function serve(call: SessionCall, o: EndpointOptions): Promise<void> {
  if (o.cloud.draining) return refuse(call, o, { reason: GoAway_Reason.DRAINING, message: 'the cloud stops' });
  if (o.cloud.faults.state.refuseConnections)
    return refuse(call, o, { reason: GoAway_Reason.UNSPECIFIED, message: 'the cloud takes no sessions now' });
  const admitted = await admit(call, o.gate);
  if ('reason' in admitted) return refuse(call, o, admitted);
  const cluster = o.cloud.clusterById(admitted.clusterId);
  if (!cluster) {
    const message = `there is no cluster ${admitted.clusterId}`;
    return refuse(call, o, { reason: GoAway_Reason.IDENTITY_MISMATCH, message });
  }
  return awaitHello(call, admitted, cluster, o);
}

/** The first frame decides: a Hello opens the session, anything else ends the call. */
function awaitHello(call: SessionCall, admitted: Admitted, cluster: Cluster, o: EndpointOptions): void {
  let session: Session | undefined;
  const timeout = setTimeout(() => {
    refuse(call, o, protocolError(`no Hello came within ${o.limits.helloTimeoutMs} ms`));
  }, o.limits.helloTimeoutMs);
  const gone = (why: string): void => {
    clearTimeout(timeout);
    session?.gone(why);
  };
  call.on('cancelled', () => gone('the connection is gone'));
  call.on('end', () => {
    if (!session && !call.writableEnded) call.end();
    gone('the client closed the stream');
  });
  call.on('data', (received: ReceivedFrame) => {
    if (session) return session.receive(received);
    if (call.writableEnded) return undefined;
    clearTimeout(timeout);
    const hello = received.kind === 'frame' ? helloOf(received.frame) : undefined;
    if (!hello) {
      const detail = 'the first frame is not a Hello';
      cluster.addViolation({
        session: '',
        kind: 'frame_unexpected',
        stream: '',
        epoch: '',
        seq: 0n,
        detail,
      });
      return refuse(call, o, protocolError(detail));
    }
    const { limits, keepEvents, clock, log } = o;
    const { faults } = o.cloud;
    const opened = Session.open(hello, { call, admitted, cluster, faults, limits, keepEvents, clock, log });
    if (opened instanceof Session) session = opened;
    else refuse(call, o, opened);
    return undefined;
  });
  call.resume();
}

function helloOf({ frame }: ClientFrame): Hello | undefined {
  return frame?.$case === 'hello' ? frame.value : undefined;
}

function refuse(call: SessionCall, o: EndpointOptions, ending: Ending): void {
  if (call.writableEnded || call.destroyed) return;
  o.log.info({ ...callStatus(ending) }, 'refuses a session');
  call.resume();
  call.write({ frame: { $case: 'goAway', value: goAway(ending) } });
  call.emit('error', callStatus(ending));
}

const protocolError = (message: string): Ending => ({ reason: GoAway_Reason.PROTOCOL_ERROR, message });
