import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { createChannel, deadlineIn, fileTlsSource, toOperationalError } from '@kestrel/grpc';
import type { TlsSource } from '@kestrel/grpc';
import { inClusterClient } from '@kestrel/kube';
import { EnrollmentServiceClient } from '@kestrel/proto/services';
import { sleep } from '@kestrel/runtime';
import type { Component, ServiceContext } from '@kestrel/runtime';
import { CertificateKeeper, fileCertificateStore } from '@kestrel/trust';
import type { CertificateStore, EnrolmentAnswer } from '@kestrel/trust';
import type { CertificateConfig, UplinkConfig } from '../config.ts';
import { proxyUrl } from '../proxy-url.ts';
import { authoritiesFirst } from './authorities-first.ts';
import { secretCertificateStore } from './secret-certificate-store.ts';

const enrolTimeoutMs = 15_000;
const lookMs = 2_000;

/** The client certificate of the session, wherever it comes from. */
export interface ClientCertificate extends AsyncDisposable {
  readonly tls: TlsSource;
  /** Resolves when there is a certificate to dial with. Rejects with the signal's reason. */
  available(signal: AbortSignal): Promise<void>;
  /** The cloud opened a session with the one in use: an earlier refusal of it no longer holds. */
  accepted(): void;
  /** The cloud refused the one in use. A given one can't be replaced from here: only its readiness reason says so. */
  refuse(reason: string): void;
}

type Options = {
  readonly ctx: ServiceContext<UplinkConfig>;
  readonly component: Component;
  readonly token: () => Promise<string>;
};

/** @throws OperationalError when given files can't be used */
export async function openClientCertificate(o: Options): Promise<ClientCertificate> {
  const { certificate } = o.ctx.config;
  return certificate.kind === 'given'
    ? await givenCertificate(o, certificate)
    : await enrolledCertificate(o, certificate);
}

async function givenCertificate(
  { ctx, component }: Options,
  files: Extract<CertificateConfig, { kind: 'given' }>,
): Promise<ClientCertificate> {
  const { certFile, keyFile } = files;
  const tls = await fileTlsSource({ caFile: ctx.config.cloud.caFile, certFile, keyFile, log: ctx.log });
  component.ready();
  const stopListening = tls.onChange(() => component.ready());
  return {
    tls,
    available: async () => undefined,
    accepted: () => component.ready(),
    refuse: (reason) => component.notReady(reason),
    async [Symbol.asyncDispose]() {
      stopListening();
      await tls[Symbol.asyncDispose]();
    },
  };
}

async function enrolledCertificate(
  o: Options,
  kept: Exclude<CertificateConfig, { kind: 'given' }>,
): Promise<ClientCertificate> {
  const { ctx, component } = o;
  const { caFile } = ctx.config.cloud;
  await using opening = new AsyncDisposableStack();
  const authorities = opening.use(await fileTlsSource({ caFile, log: ctx.log }));
  const store = openStore(ctx, kept, opening);
  const keeper = new CertificateKeeper({
    store,
    enrol: (csrPem, signal) => enrol(o, authorities, csrPem, signal),
    commonName: ctx.config.clusterId,
    clock: ctx.clock,
    log: ctx.log,
    metrics: ctx.metrics,
  });
  const stopping = new AbortController();
  const running = Promise.all([keeper.run(stopping.signal), tellReadiness(keeper, component, stopping.signal)]);
  running.catch((error: unknown) => ctx.fail(error));
  opening.defer(async () => {
    stopping.abort();
    // A failure was already told to the service.
    await running.catch(() => undefined);
  });
  const owned = opening.move();
  return {
    tls: authoritiesFirst(authorities, keeper),
    available: (signal) => keeper.available(signal),
    // One that was refused once is replaced all the same.
    accepted: () => undefined,
    refuse: (reason) => keeper.reject(reason),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function openStore(
  ctx: ServiceContext<UplinkConfig>,
  kept: Exclude<CertificateConfig, { kind: 'given' }>,
  opening: AsyncDisposableStack,
): CertificateStore {
  if (kept.kind === 'directory') return fileCertificateStore(kept.directory);
  const { apiServer, serviceAccountDir, namespace, name } = kept;
  const client = inClusterClient({
    tokenFile: join(serviceAccountDir, 'token'),
    caFile: join(serviceAccountDir, 'ca.crt'),
    host: apiServer.host,
    port: apiServer.port,
    log: ctx.log,
  });
  opening.use(client);
  return secretCertificateStore(client, { namespace, name });
}

async function enrol(
  { ctx, token }: Options,
  authorities: TlsSource,
  csrPem: string,
  signal: AbortSignal,
): Promise<EnrolmentAnswer> {
  const { clusterId, cloud, proxy } = ctx.config;
  signal.throwIfAborted();
  using channel = createChannel({
    address: cloud.enrollmentAddress,
    tls: authorities,
    token,
    log: ctx.log,
    proxyEnv: { https_proxy: proxyUrl(proxy), no_proxy: proxy.noProxy },
  });
  const client = new EnrollmentServiceClient(...channel.clientArguments);
  return await new Promise((resolve, reject) => {
    const call = client.enroll({ clusterId, csrPem }, new Metadata(), deadlineIn(enrolTimeoutMs), (error, answer) => {
      signal.removeEventListener('abort', cancel);
      if (error) reject(toOperationalError(error));
      else resolve(answer);
    });
    const cancel = () => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
  });
}

async function tellReadiness(keeper: CertificateKeeper, component: Component, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { status, lastError } = keeper.state();
    const why = lastError === undefined ? '' : `: ${lastError}`;
    if (status === 'valid') component.ready();
    else component.notReady(`the client certificate is ${status}${why}`);
    await sleep(lookMs, signal);
  }
}
