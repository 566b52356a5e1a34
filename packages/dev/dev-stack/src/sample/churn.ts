import type { KubeManifest } from '@kestrel/testkit';

import { Addresses, APPS } from './application.ts';
import * as k8s from './objects.ts';
import type { SampleApi } from './sample-api.ts';

/** A step of the churn: what it did, in words for the demo. */
type Step = (api: SampleApi) => Promise<string>;

/** A small generator of numbers in [0, 1) with a seed, so that a failing run can be repeated (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Keeps the sample application changing: pods come and go, labels change, policies appear and vanish, whole deployments are
 * rolled out. One step at a time; each leaves the cluster consistent, and what it created is bounded by `EXTRA_MAX`.
 */
export class Churn {
  static readonly EXTRA_MAX = 12;
  readonly #api: SampleApi;
  readonly #random: () => number;
  readonly #addresses: Addresses;
  readonly #extra: KubeManifest[] = [];
  #count = 0;

  constructor(api: SampleApi, addresses: Addresses, seed: number) {
    this.#api = api;
    this.#addresses = addresses;
    this.#random = seededRandom(seed);
  }

  /** Does one change and says which. */
  async step(): Promise<string> {
    this.#count += 1;
    if (this.#extra.length >= Churn.EXTRA_MAX) return this.#removeOne();
    const steps: readonly Step[] = [
      () => this.#addPod(),
      () => this.#addPolicy(),
      () => this.#relabel(),
      () => this.#scale(),
      () => this.#removeOne(),
    ];
    return this.#pick(steps)(this.#api);
  }

  #pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.#random() * from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  async #addPod(): Promise<string> {
    const app = this.#pick(APPS);
    const deployment = await this.#api.ensure(k8s.controller('Deployment', app));
    const replicaSet = await this.#api.ensure(
      k8s.controller('ReplicaSet', app, { name: `${app.name}-v1`, owner: deployment }),
    );
    const pod = k8s.pod(app, `${app.name}-extra-${this.#count}`, replicaSet, 'node-1');
    await this.#api.startPod(pod, this.#addresses.next());
    this.#extra.push(pod);
    return `started pod ${app.namespace}/${pod.metadata.name}`;
  }

  async #addPolicy(): Promise<string> {
    const to = this.#pick(APPS);
    const name = `allow-${this.#count}`;
    const policy = k8s.networkPolicy(to.namespace, name, { to, from: [this.#pick(APPS).name] });
    await this.#api.ensure(policy);
    this.#extra.push(policy);
    return `created NetworkPolicy ${to.namespace}/${name}`;
  }

  async #relabel(): Promise<string> {
    const app = this.#pick(APPS);
    await this.#api.patch(k8s.service(app), { metadata: { labels: { revision: String(this.#count) } } });
    return `relabelled Service ${app.namespace}/${app.name}`;
  }

  async #scale(): Promise<string> {
    const app = this.#pick(APPS);
    const replicas = 1 + Math.floor(this.#random() * 5);
    await this.#api.patch(k8s.controller('Deployment', app), { spec: { replicas } });
    return `scaled Deployment ${app.namespace}/${app.name} to ${replicas}`;
  }

  async #removeOne(): Promise<string> {
    const object = this.#extra.shift();
    if (!object) return this.#relabel();
    await this.#api.remove(object);
    return `deleted ${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  }
}
