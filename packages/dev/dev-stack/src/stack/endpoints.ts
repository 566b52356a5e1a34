import { rename, writeFile } from 'node:fs/promises';
import type { Stack } from './stack.ts';

/** What `.dev/endpoints.json` holds: addresses and credential file names, never credentials. kestrelctl reads it too. */
export function endpointsOf(stack: Omit<Stack, typeof Symbol.asyncDispose>): Record<string, unknown> {
  const { users, bus, cluster, cloud, onboarding } = stack;
  const seedFileOf = Object.fromEntries(Object.entries(users).map(([name, user]) => [name, user.seedFile]));
  return {
    /** The process that holds the stack. */
    pid: process.pid,
    cluster: onboarding.cluster,
    nats: {
      servers: [bus.url],
      monitorUrl: bus.monitorUrl,
      inspector: { seedFile: users.inspector.seedFile },
      inspectorControl: { seedFile: users['inspector-control'].seedFile },
      seedFiles: seedFileOf,
    },
    kubernetes: cluster ? { url: cluster.url, kubeconfigFile: cluster.kubeconfigFile } : undefined,
    services: [...stack.ingesters, ...stack.uplinks].map(({ service, instance, adminUrl }) => ({
      service,
      instance,
      adminUrl,
    })),
    cloud: { ...cloud.endpoints, adminUrl: cloud.process.adminUrl },
    logs: `${stack.dataDir}/logs`,
  };
}

/** Writes the file whole, readable by its owner only. */
export async function writeEndpoints(stack: Omit<Stack, typeof Symbol.asyncDispose>, file: string): Promise<void> {
  await writeFile(`${file}.part`, `${JSON.stringify(endpointsOf(stack), undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.part`, file);
}
