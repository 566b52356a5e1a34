import { join } from 'node:path';
import { ServiceProcess } from '@kestrel/dev-stack';
import type { BenchBus } from './bench-bus.ts';
import type { BenchCloud } from './bench-cloud.ts';

/** The uplink, enrolled with the cloud; `cloudPort` where a link stands between the two. */
export async function startUplink(o: {
  bus: BenchBus;
  cloud: BenchCloud;
  cloudPort?: number;
  folder: string;
}): Promise<ServiceProcess> {
  const { onboarding, port } = o.cloud;
  return await ServiceProcess.start({
    dir: 'services/uplink',
    service: 'uplink',
    instance: 'uplink-0',
    dataDir: o.folder,
    env: {
      CLUSTER_ID: onboarding.cluster.id,
      NATS_URLS: o.bus.url,
      NATS_DATA_SEED_FILE: o.bus.seedFile('uplink-data'),
      NATS_CONTROL_SEED_FILE: o.bus.seedFile('uplink-control'),
      CLOUD_ADDRESS: `localhost:${o.cloudPort ?? port}`,
      ENROLLMENT_ADDRESS: onboarding.enrollmentAddress,
      CLOUD_CA_FILE: onboarding.caFile,
      OAUTH2_ISSUER: onboarding.issuer,
      OAUTH2_CLIENT_ID: onboarding.clientId,
      OAUTH2_CLIENT_SECRET_FILE: onboarding.clientSecretFile,
      OAUTH2_AUDIENCE: onboarding.audience,
      OAUTH2_CA_FILE: onboarding.caFile,
      COMMAND_KEYS_FILE: onboarding.commandKeysFile,
      CERTIFICATE_DIR: join(o.folder, 'uplink-certificate'),
    },
  });
}
