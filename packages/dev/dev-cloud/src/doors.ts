import { join } from 'node:path';
import type { Clock, Logger } from '@kestrel/runtime';
import { Cloud } from './cloud.ts';
import { startEndpoint } from './endpoint/endpoint.ts';
import { startEnrolmentService } from './endpoint/enrolment-service.ts';
import type { EndpointLimits } from './endpoint/limits.ts';
import { hostname, type CloudPorts, type Foundations } from './foundations.ts';
import { startOidcIssuer } from './issuer/oidc-issuer.ts';
import type { CloudCoordinates } from './onboarding/values-file.ts';

/** Everything of the cloud that a cluster reaches. */
export interface Doors extends AsyncDisposable {
  readonly cloud: Cloud;
  readonly coordinates: CloudCoordinates;
  readonly ports: Omit<CloudPorts, 'control'>;
}

const audience = 'https://dev-cloud.kestrel.invalid';

/** Opens issuer, endpoint and enrolment. They stop in the reverse order, the sessions first of all. */
export async function openDoors(
  on: Foundations,
  o: {
    readonly limits: EndpointLimits;
    readonly keepEvents: boolean;
    readonly tokenTtlMs?: number;
    readonly clock: Clock;
    readonly log: Logger;
  },
): Promise<Doors> {
  const { dataDir, tls, enrolment, directory, signer } = on;
  const { clock, log, limits, keepEvents } = o;
  await using starting = new AsyncDisposableStack();
  const issuer = starting.use(
    await startOidcIssuer({
      directory: join(dataDir, 'issuer'),
      clients: directory.clients,
      audience,
      tls,
      clock,
      log,
      port: on.ports.issuer,
      hostname,
      ...(o.tokenTtlMs === undefined ? {} : { tokenTtlMs: o.tokenTtlMs }),
    }),
  );
  const cloud = starting.use(new Cloud({ dataDir, directory, signer, issuer, enrolment, clock, log }));
  const tokens = issuer.verifier;
  const enrollment = starting.use(
    await startEnrolmentService({ port: on.ports.enrollment, tls, tokens, enrolment, serverCaPem: on.caPem, log }),
  );
  const session = starting.use(
    await startEndpoint({
      port: on.ports.session,
      tls,
      gate: { tokens, enrolment, clock },
      cloud,
      limits,
      keepEvents,
      clock,
      log,
    }),
  );
  starting.defer(() => cloud.drain());
  const running = starting.move();
  return {
    cloud,
    coordinates: {
      address: `${hostname}:${session.port}`,
      enrollmentAddress: `${hostname}:${enrollment.port}`,
      caPem: on.caPem,
      issuer: issuer.issuer,
      audience,
      commandKeys: [signer.publicKey],
    },
    ports: { session: session.port, enrollment: enrollment.port, issuer: issuer.port },
    [Symbol.asyncDispose]: async () => await running.disposeAsync(),
  };
}
