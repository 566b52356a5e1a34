import type { KubeManifest, KubeObject } from '@kestrel/testkit';

import type { SampleApi } from './sample-api.ts';
import * as k8s from './objects.ts';
import type { App } from './objects.ts';

const app = (namespace: string, name: string, port: number, replicas: number): App => ({
  namespace,
  name,
  port,
  replicas,
});

/** The deployments of the sample. */
export const APPS: readonly App[] = [
  app('shop', 'frontend', 8080, 2),
  app('shop', 'cart', 7070, 2),
  app('shop', 'checkout', 5050, 1),
  app('payments', 'ledger', 50_051, 1),
];
const DATABASE = app('shop', 'database', 5432, 2);
const AGENT = app('observability', 'agent', 9100, 2);
const REPORT = app('payments', 'report', 8081, 1);

/** Hands out pod addresses; the sample has no CNI that would. */
export class Addresses {
  #next = 10;
  next(): string {
    this.#next += 1;
    return `10.244.${1 + (this.#next % 2)}.${this.#next % 250}`;
  }
}

/**
 * Creates the sample application: about 45 objects, with owners, addresses and policies, as controllers and kubelets would
 * leave them. Objects that exist already stay as they are.
 */
export async function createApplication(api: SampleApi, addresses: Addresses): Promise<void> {
  for (const name of ['shop', 'payments', 'observability']) await api.ensure(k8s.teamNamespace(name));
  for (const name of ['node-1', 'node-2']) await api.ensure(k8s.node(name));
  for (const each of [...APPS, DATABASE, AGENT, REPORT]) {
    await api.ensure(k8s.serviceAccount(each.namespace, each.name));
  }

  for (const each of APPS) {
    const deployment = await api.ensure(k8s.controller('Deployment', each));
    const replicaSet = await api.ensure(
      k8s.controller('ReplicaSet', each, { name: `${each.name}-v1`, owner: deployment }),
    );
    await createPods(api, addresses, each, replicaSet, (index) => `${each.name}-v1-${index}`);
  }
  const database = await api.ensure(k8s.controller('StatefulSet', DATABASE));
  await createPods(api, addresses, DATABASE, database, (index) => `${DATABASE.name}-${index}`);
  const agent = await api.ensure(k8s.controller('DaemonSet', AGENT));
  await createPods(api, addresses, AGENT, agent, (index) => `${AGENT.name}-${index}`);

  const nightly = await api.ensure(k8s.cronJob(REPORT));
  const job = await api.ensure(k8s.job(REPORT, 'report-1', nightly));
  await createPods(api, addresses, REPORT, job, () => 'report-1-run');
  for (const policy of policies()) await api.ensure(policy);
  await api.ensure(k8s.ingress(appNamed('frontend'), 'shop.example.com'));
}

async function createPods(
  api: SampleApi,
  addresses: Addresses,
  of: App,
  owner: KubeObject,
  nameOf: (index: number) => string,
): Promise<void> {
  const endpoints = [];
  for (let index = 0; index < of.replicas; index += 1) {
    const pod = await api.startPod(k8s.pod(of, nameOf(index), owner, `node-${1 + (index % 2)}`), addresses.next());
    endpoints.push(pod);
  }
  await api.ensure(k8s.service(of));
  await api.ensure(k8s.endpointSlice(of, endpoints));
}

const appNamed = (name: string): App => {
  const found = [...APPS, DATABASE].find((each) => each.name === name);
  if (!found) throw new Error(`the sample has no app named ${name}`);
  return found;
};

const policies = (): KubeManifest[] => [
  k8s.networkPolicy('shop', 'deny-ingress'),
  k8s.networkPolicy('shop', 'frontend-to-cart', { to: appNamed('cart'), from: ['frontend'] }),
  k8s.networkPolicy('shop', 'cart-to-database', { to: appNamed('database'), from: ['cart', 'checkout'] }),
  k8s.networkPolicy('payments', 'checkout-to-ledger', { to: appNamed('ledger'), from: ['checkout'] }),
];
