import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kestrel/testkit';
import { CloudClient, cloudEndpointsSchema, type CloudEndpoints } from './cloud-client.ts';
import { ServiceProcess } from './service-process.ts';

/** The stand-in cloud in a process of its own, so that it can be killed. Ports, keys and store stay over restarts. */
export class CloudProcess implements AsyncDisposable {
  readonly process: ServiceProcess;
  readonly endpoints: CloudEndpoints;
  readonly client: CloudClient;
  readonly #endpointsFile: string;

  private constructor(process: ServiceProcess, endpointsFile: string, endpoints: CloudEndpoints, client: CloudClient) {
    this.#endpointsFile = endpointsFile;
    this.process = process;
    this.endpoints = endpoints;
    this.client = client;
  }

  static async start(o: {
    readonly dataDir: string;
    readonly logDir: string;
    readonly clusterName: string;
    readonly env?: Readonly<Record<string, string>>;
  }): Promise<CloudProcess> {
    const process = await ServiceProcess.start({
      dir: 'dev/dev-cloud',
      service: 'dev-cloud',
      instance: 'dev-cloud-0',
      dataDir: o.logDir,
      env: { DATA_DIR: o.dataDir, CLUSTER_NAME: o.clusterName, ...o.env },
    });
    const endpointsFile = join(o.dataDir, 'endpoints.json');
    const endpoints = await serving(endpointsFile, process);
    return new CloudProcess(process, endpointsFile, endpoints, new CloudClient(endpoints.control));
  }

  /** The values file of the cluster that was onboarded at the start. */
  get valuesFile(): string {
    const [cluster] = this.endpoints.clusters;
    if (!cluster) throw new Error('the dev cloud onboarded no cluster');
    return cluster.valuesFile;
  }

  /** Starts it again after it was stopped or killed; it serves on return, at the same addresses. */
  async start(): Promise<void> {
    await this.process.start();
    await serving(this.#endpointsFile, this.process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

/** The endpoints as this very process wrote them: a killed one leaves its own behind. */
async function serving(file: string, process: ServiceProcess): Promise<CloudEndpoints> {
  return await eventually(
    async () => {
      const endpoints = cloudEndpointsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
      return endpoints.pid === process.pid && endpoints;
    },
    { message: 'the dev cloud serves' },
  );
}
