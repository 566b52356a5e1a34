import { runService, type ServiceContext } from '@kestrel/runtime';
import { readConfig, type DevCloudConfig } from './config.ts';
import { startDevCloud } from './dev-cloud.ts';

await runService({
  name: 'dev-cloud',
  readConfig,
  start: async ({ config, log, clock }: ServiceContext<DevCloudConfig>) =>
    await startDevCloud({ ...config, log, clock }),
});
