import { ServiceProcess } from '@kestrel/dev-stack';
import type { SyntheticApi } from '../synthetic-api/synthetic-api.ts';
import type { BenchBus } from './bench-bus.ts';

/** The cluster of benches without a cloud. */
const CLUSTER_ID = 'bench';

/** The ingester as it runs in a cluster: token file, CA file and two variables. */
export async function startIngester(o: {
  api: SyntheticApi;
  bus: BenchBus;
  folder: string;
  /** As the cloud knows the cluster. */
  clusterId?: string;
}): Promise<ServiceProcess> {
  return await ServiceProcess.start({
    dir: 'services/ingester',
    service: 'ingester',
    instance: 'ingester-0',
    dataDir: o.folder,
    env: {
      CLUSTER_ID: o.clusterId ?? CLUSTER_ID,
      NATS_URLS: o.bus.url,
      NATS_SEED_FILE: o.bus.seedFile('ingester'),
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(o.api.port),
      KUBE_TOKEN_FILE: o.api.tokenFile,
      KUBE_CA_FILE: o.api.caFile,
    },
  });
}
