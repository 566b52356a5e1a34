import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '@kestrel/bus';
import { startControlPlane, type ControlPlane, type NatsServer } from '@kestrel/testkit';
import type { Steps } from '../demo/steps.ts';
import { startBusServer } from './bus-server.ts';
import { busUsers, type BusUsers } from './bus-users.ts';
import { CloudProcess } from './cloud-process.ts';
import { writeEndpoints } from './endpoints.ts';
import { admitIngester } from './ingester-identity.ts';
import { startLinks, type Links } from './links.ts';
import { readOnboarding, type Onboarding } from './onboarding.ts';
import { ingesterEnv, uplinkEnv } from './service-env.ts';
import { ServiceProcess } from './service-process.ts';

/** How to boot the system. */
export interface StackOptions {
  /** Everything the stack keeps: keys, streams, the cloud's store, logs. The caller owns it. */
  readonly dataDir: string;
  readonly steps: Steps;
  /** A given cluster instead of an embedded control plane, read with exactly this kubeconfig's rights. */
  readonly kubeconfig?: string;
  /** Instances of ingester and uplink: one is active, the others stand by. Default 1. */
  readonly ingesters?: number;
  readonly uplinks?: number;
  /** Puts a proxy on each link, for tests; needs the embedded control plane. */
  readonly withLinks?: boolean;
  /** Public keys of users who may do anything on the bus, for tests. */
  readonly busAdminKeys?: Readonly<Record<Account, string>>;
  /** More variables for the services, for tests. */
  readonly ingesterEnv?: Readonly<Record<string, string>>;
  readonly uplinkEnv?: Readonly<Record<string, string>>;
  readonly cloudEnv?: Readonly<Record<string, string>>;
}

/** The whole system, running: what the demo shows and what stack tests break. */
export interface Stack extends AsyncDisposable {
  readonly dataDir: string;
  /** Undefined when a cluster was given. */
  readonly cluster: ControlPlane | undefined;
  readonly bus: NatsServer;
  readonly users: BusUsers;
  readonly cloud: CloudProcess;
  readonly onboarding: Onboarding;
  readonly ingesters: readonly ServiceProcess[];
  readonly uplinks: readonly ServiceProcess[];
  /** Only with `withLinks`. */
  readonly links: Links | undefined;
}

/** Boots the parts in the order in which they need each other; disposing stops them in the reverse order. */
export async function startStack(o: StackOptions): Promise<Stack> {
  const { steps } = o;
  await using starting = new AsyncDisposableStack();
  const dir = (name: string): string => join(o.dataDir, name);
  await Promise.all(
    ['logs', 'kube', 'nats', 'cloud'].map((name) => mkdir(dir(name), { recursive: true, mode: 0o700 })),
  );

  const cluster =
    o.kubeconfig === undefined
      ? await steps.run('etcd and kube-apiserver serve', async () =>
          starting.use(await startControlPlane({ dataDir: dir('kube') })),
        )
      : undefined;
  const users = await busUsers(dir('keys'));
  const bus = await steps.run('nats-server serves, JetStream on', async () =>
    starting.use(
      await startBusServer({ dataDir: dir('nats'), users, ...(o.busAdminKeys && { adminKeys: o.busAdminKeys }) }),
    ),
  );
  const cloud = await steps.run('the stand-in cloud serves: issuer, enrolment, session', async () =>
    starting.use(
      await CloudProcess.start({
        dataDir: dir('cloud'),
        logDir: dir('logs'),
        clusterName: 'demo',
        ...(o.cloudEnv && { env: o.cloudEnv }),
      }),
    ),
  );
  const onboarding = await steps.run('the cluster is onboarded by a values file', async () =>
    readOnboarding(cloud.valuesFile, dir('onboarding')),
  );
  const links = o.withLinks && cluster ? starting.use(await linksTo(cluster, bus, onboarding)) : undefined;

  const kubeconfigFile = o.kubeconfig ?? (await ingesterKubeconfig(cluster, links, dir('ingester.kubeconfig')));
  const start = async (service: 'ingester' | 'uplink', index: number, env: Record<string, string>) =>
    starting.use(
      await ServiceProcess.start({
        dir: `services/${service}`,
        service,
        instance: `${service}-${index}`,
        dataDir: dir('logs'),
        env,
      }),
    );
  const parts = { bus, users, onboarding, kubeconfigFile, links, dataDir: o.dataDir };
  const ingesters = await steps.run('ingester starts', async () =>
    Promise.all(
      numbers(o.ingesters).map((index) => start('ingester', index, { ...ingesterEnv(parts), ...o.ingesterEnv })),
    ),
  );
  const uplinks = await steps.run('uplink starts', async () =>
    Promise.all(numbers(o.uplinks).map((index) => start('uplink', index, { ...uplinkEnv(parts), ...o.uplinkEnv }))),
  );
  const stack = { dataDir: o.dataDir, cluster, bus, users, cloud, onboarding, ingesters, uplinks, links };
  await writeEndpoints(stack, join(o.dataDir, 'endpoints.json'));
  const owned = starting.move();
  return { ...stack, [Symbol.asyncDispose]: async () => await owned.disposeAsync() };
}

const numbers = (count = 1): number[] => Array.from({ length: count }, (_, index) => index);

async function linksTo(cluster: ControlPlane, bus: NatsServer, onboarding: Onboarding): Promise<Links> {
  const cloudPort = Number(onboarding.address.split(':').at(-1));
  return await startLinks({ kubePort: cluster.port, busPort: bus.port, cloudPort });
}

/** A kubeconfig with the ingester's own rights, through the link where there is one. */
async function ingesterKubeconfig(
  cluster: ControlPlane | undefined,
  links: Links | undefined,
  file: string,
): Promise<string> {
  if (!cluster) throw new Error('without an embedded control plane a kubeconfig must be given');
  const text = await admitIngester(cluster);
  const through = links ? text.replaceAll(`:${cluster.port}`, `:${links.kube.port}`) : text;
  await writeFile(file, through, { mode: 0o600 });
  return file;
}
