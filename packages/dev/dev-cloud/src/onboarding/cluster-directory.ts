import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { OperationalError } from '@kestrel/runtime';
import { readJsonFile, writeJsonFile } from '../enrolment/json-file.ts';
import { ClientRegistry } from '../issuer/client-registry.ts';

const onboardedSchema = z.object({
  id: z.string(),
  name: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
});
const fileSchema = z.object({ clusters: z.array(onboardedSchema) });

/** A cluster that the cloud has: its names and its OAuth2 client. */
export type OnboardedCluster = Readonly<z.output<typeof onboardedSchema>>;

/** What a cluster may be called: it stands in file names. */
const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const secretBytes = 32;
const idBytes = 6;

/** The clusters of this cloud, kept in `<directory>/clusters.json`. */
export class ClusterDirectory {
  /** Their OAuth2 clients, for the issuer. */
  readonly clients = new ClientRegistry();
  readonly #path: string;
  readonly #clusters: OnboardedCluster[];

  constructor(directory: string) {
    this.#path = join(directory, 'clusters.json');
    this.#clusters = readJsonFile(this.#path, fileSchema)?.clusters ?? [];
    for (const cluster of this.#clusters) this.#register(cluster);
  }

  list(): readonly OnboardedCluster[] {
    return this.#clusters;
  }

  /** The cluster of that name; makes it when there is none. Throws OperationalError `cluster_name_invalid`. */
  onboard(name: string): OnboardedCluster {
    const known = this.#clusters.find((cluster) => cluster.name === name);
    if (known) return known;
    if (!namePattern.test(name)) {
      const message = 'a cluster name has 1 to 63 lower-case letters, digits and dashes';
      throw new OperationalError('cluster_name_invalid', message, { retryable: false });
    }
    const id = `${name}-${randomBytes(idBytes).toString('hex')}`;
    const cluster = {
      id,
      name,
      clientId: `cluster-${id}`,
      clientSecret: randomBytes(secretBytes).toString('base64url'),
    };
    this.#clusters.push(cluster);
    writeJsonFile(this.#path, { clusters: this.#clusters });
    this.#register(cluster);
    return cluster;
  }

  #register({ id, clientId, clientSecret }: OnboardedCluster): void {
    this.clients.add({ clientId, clusterId: id, auth: { kind: 'secret', secret: clientSecret } });
  }
}
