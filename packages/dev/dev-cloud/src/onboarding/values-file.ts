import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { OnboardedCluster } from './cluster-directory.ts';
import type { PublicCommandKey } from './command-signer.ts';

/** How a cluster reaches the cloud, and whose signatures it takes. */
export interface CloudCoordinates {
  /** Endpoint of the sessions, `host:port`. */
  readonly address: string;
  /** Enrolment, `host:port`. */
  readonly enrollmentAddress: string;
  /** Roots that the endpoints' certificates chain to, PEM. */
  readonly caPem: string;
  readonly issuer: string;
  readonly audience: string;
  readonly commandKeys: readonly PublicCommandKey[];
}

const heading = `# Made by the Kestrel dev cloud for one cluster. It holds a client secret: keep it as one.
# It is what the Helm chart will take (helm install kestrel-operator … -f THIS_FILE) once there is one.
`;

/**
 * Writes `kestrel-ai-operator-values-<cluster>.yaml`, the chart values that connect a cluster, readable by the owner only.
 * Approvers' keys are never in it: the cluster's owner makes those. Returns the file's path.
 */
export function writeValuesFile(directory: string, cluster: OnboardedCluster, cloud: CloudCoordinates): string {
  const path = join(directory, `kestrel-ai-operator-values-${cluster.name}.yaml`);
  const values = {
    global: {
      cluster: { id: cluster.id, name: cluster.name },
      cloud: {
        address: cloud.address,
        enrollmentAddress: cloud.enrollmentAddress,
        caPem: cloud.caPem,
        oauth2: {
          issuer: cloud.issuer,
          clientId: cluster.clientId,
          clientSecret: cluster.clientSecret,
          audience: cloud.audience,
        },
        commandKeys: { keys: cloud.commandKeys },
      },
    },
  };
  const aside = `${path}.part`;
  writeFileSync(aside, heading + stringify(values), { mode: 0o600 });
  renameSync(aside, path);
  return path;
}
