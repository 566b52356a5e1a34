import { join } from 'node:path';
import type { NatsServer } from '@kestrel/testkit';
import type { BusUsers } from './bus-users.ts';
import type { Links } from './links.ts';
import type { Onboarding } from './onboarding.ts';

/** What the services' variables are made of. */
export interface StackParts {
  readonly dataDir: string;
  readonly bus: NatsServer;
  readonly users: BusUsers;
  readonly onboarding: Onboarding;
  readonly kubeconfigFile: string;
  readonly links: Links | undefined;
}

const through = (port: number): string => `nats://127.0.0.1:${port}`;

export const ingesterEnv = (parts: StackParts): Record<string, string> => ({
  CLUSTER_ID: parts.onboarding.cluster.id,
  NATS_URLS: parts.links ? through(parts.links.ingesterBus.port) : parts.bus.url,
  NATS_SEED_FILE: parts.users.ingester.seedFile,
  KUBECONFIG_FILE: parts.kubeconfigFile,
});

export const uplinkEnv = (parts: StackParts): Record<string, string> => ({
  CLUSTER_ID: parts.onboarding.cluster.id,
  NATS_URLS: parts.links ? through(parts.links.uplinkBus.port) : parts.bus.url,
  NATS_DATA_SEED_FILE: parts.users['uplink-data'].seedFile,
  NATS_CONTROL_SEED_FILE: parts.users['uplink-control'].seedFile,
  CLOUD_ADDRESS: parts.links ? `localhost:${parts.links.cloud.port}` : parts.onboarding.address,
  ENROLLMENT_ADDRESS: parts.onboarding.enrollmentAddress,
  CLOUD_CA_FILE: parts.onboarding.caFile,
  OAUTH2_ISSUER: parts.onboarding.issuer,
  OAUTH2_CA_FILE: parts.onboarding.caFile,
  OAUTH2_CLIENT_ID: parts.onboarding.clientId,
  OAUTH2_CLIENT_SECRET_FILE: parts.onboarding.clientSecretFile,
  OAUTH2_AUDIENCE: parts.onboarding.audience,
  COMMAND_KEYS_FILE: parts.onboarding.commandKeysFile,
  CERTIFICATE_DIR: join(parts.dataDir, 'uplink-certificate'),
});
