import { KubeStatusError, type KubeClient, type KubeManifest, type KubeObject } from '@kestrel/testkit';
import { runningStatus } from './objects.ts';

const NOT_FOUND = 404;

/** What the sample does to the API server. */
export class SampleApi {
  readonly #kube: KubeClient;

  constructor(kube: KubeClient) {
    this.#kube = kube;
  }

  /** Reads the object, or creates it where there is none; one that exists stays as it is. */
  async ensure(object: KubeManifest): Promise<KubeObject> {
    try {
      return await this.#kube.get(await this.#kube.pathOf(object));
    } catch (error) {
      if (!(error instanceof KubeStatusError && error.status === NOT_FOUND)) throw error;
    }
    const [created] = await this.#kube.apply(object);
    if (!created) throw new Error(`the API server answered nothing for ${object.kind} ${object.metadata.name}`);
    return created;
  }

  /** Creates a pod and reports it as running, since no kubelet does that here. */
  async startPod(pod: KubeManifest, ip: string): Promise<{ name: string; uid: string; ip: string }> {
    const created = await this.ensure(pod);
    await this.#kube.applyStatus({ ...pod, ...runningStatus(ip) });
    return { name: created.metadata.name, uid: created.metadata.uid ?? '', ip };
  }

  /** Merges a patch into the object. */
  async patch(object: KubeManifest, patch: unknown): Promise<void> {
    const path = await this.#kube.pathOf(object);
    const answer = await this.#kube.request('PATCH', path, patch, { contentType: 'application/merge-patch+json' });
    if (answer.status >= 300) throw new KubeStatusError({ method: 'PATCH', path, body: patch }, answer);
  }

  /** Deletes the object; one that is gone already is fine. */
  async remove(object: KubeManifest): Promise<void> {
    await this.#kube.delete(object);
  }
}
