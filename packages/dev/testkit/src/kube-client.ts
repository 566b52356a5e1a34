import { z } from 'zod';

import { CRDS, crdObject, crdObjectName, type CrdName } from './crd-table.ts';
import { eventually } from './eventually.ts';
import type { HttpsAnswer, HttpsCall } from './https-json.ts';

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    deletionTimestamp: z.string().optional(),
  }),
});
const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  items: z.array(objectSchema.partial({ apiVersion: true, kind: true })),
});
const resourcesSchema = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

/** Any Kubernetes object; what is beyond its identity is carried untouched. */
export type KubeObject = z.infer<typeof objectSchema>;
/** A list's version and its objects; the API server leaves `kind` and `apiVersion` out of them. */
export type KubeList = { readonly resourceVersion: string; readonly items: z.infer<typeof listSchema>['items'] };

/** An object as a test writes it. */
export interface KubeManifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** An answer of the API server that is not what was asked for. */
export class KubeStatusError extends Error {
  override readonly name = 'KubeStatusError';
  readonly status: number;
  readonly body: unknown;

  constructor(call: HttpsCall, answer: HttpsAnswer) {
    super(`${call.method} ${call.path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    this.status = answer.status;
    this.body = answer.body;
  }
}

/** The test's own hand on the cluster: raw, small, as administrator unless a token says otherwise. */
export class KubeClient {
  readonly #call: (call: HttpsCall) => Promise<HttpsAnswer>;

  constructor(call: (call: HttpsCall) => Promise<HttpsAnswer>) {
    this.#call = call;
  }

  /** One raw call; any status is an answer. The path starts with /api or /apis. */
  async request(
    method: string,
    path: string,
    body?: unknown,
    o?: { contentType?: string; token?: string },
  ): Promise<HttpsAnswer> {
    return await this.#call({ method, path, body, ...o });
  }

  /** @throws KubeStatusError */
  async get(path: string): Promise<KubeObject> {
    return objectSchema.parse(await this.#expect({ method: 'GET', path }));
  }

  /** The whole list, unpaged. @throws KubeStatusError */
  async list(path: string): Promise<KubeList> {
    const { metadata, items } = listSchema.parse(await this.#expect({ method: 'GET', path }));
    return { resourceVersion: metadata.resourceVersion, items };
  }

  /** Server-side apply, forced, one after another; returns what the server made of them. @throws KubeStatusError */
  async apply(...objects: readonly KubeManifest[]): Promise<KubeObject[]> {
    const applied: KubeObject[] = [];
    for (const object of objects) {
      const path = `${await this.pathOf(object)}?fieldManager=kestrel-testkit&force=true`;
      const contentType = 'application/apply-patch+yaml';
      applied.push(objectSchema.parse(await this.#expect({ method: 'PATCH', path, body: object, contentType })));
    }
    return applied;
  }

  /** Writes the object's status, merged into the present one. @throws KubeStatusError */
  async applyStatus(object: KubeManifest): Promise<void> {
    const contentType = 'application/merge-patch+json';
    const body = { status: object['status'] };
    await this.#expect({ method: 'PATCH', path: `${await this.pathOf(object)}/status`, body, contentType });
  }

  /** Deletes at once, without grace; an object that is not there is fine. @throws KubeStatusError */
  async delete(...objects: readonly KubeManifest[]): Promise<void> {
    for (const object of objects) {
      const body = { gracePeriodSeconds: 0, propagationPolicy: 'Background' };
      await this.#expect({ method: 'DELETE', path: await this.pathOf(object), body }, [404]);
    }
  }

  /**
   * Deletes the namespace object itself. The objects in it stay: no namespace controller runs here.
   * @throws KubeStatusError
   */
  async deleteNamespace(name: string): Promise<void> {
    const path = `/api/v1/namespaces/${name}`;
    await this.#expect({ method: 'DELETE', path }, [404]);
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: { finalizers: [] } };
    await this.#expect({ method: 'PUT', path: `${path}/finalize`, body }, [404]);
  }

  /** Defines one of {@link CRDS} and returns once its objects can be written. */
  async applyCrd(name: CrdName): Promise<void> {
    const spec = CRDS[name];
    await this.apply(crdObject(spec));
    const version = `/apis/${spec.group}/${spec.versions[0]}`;
    await eventually(async () => (await this.request('GET', `${version}/${spec.plural}`)).status === 200, {
      message: `${name} is served`,
    });
  }

  /** Takes the definition away, its objects with it, and returns once the API server no longer serves them. */
  async deleteCrd(name: CrdName): Promise<void> {
    const spec = CRDS[name];
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crdObjectName(spec)}`;
    await this.#expect({ method: 'DELETE', path }, [404]);
    const list = `/apis/${spec.group}/${spec.versions[0]}/${spec.plural}`;
    await eventually(async () => (await this.request('GET', list)).status === 404, { message: `${name} is gone` });
  }

  /** The object's path, by the API server's own discovery. */
  async pathOf(object: KubeManifest): Promise<string> {
    const root = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
    const { resources } = resourcesSchema.parse(await this.#expect({ method: 'GET', path: root }));
    const resource = resources.find((one) => one.kind === object.kind && !one.name.includes('/'));
    if (resource === undefined) throw new Error(`the API server does not know ${object.apiVersion} ${object.kind}`);
    const { name, namespace } = object.metadata;
    const folder = resource.namespaced ? `/namespaces/${namespace ?? 'default'}` : '';
    return `${root}${folder}/${resource.name}/${name}`;
  }

  async #expect(call: HttpsCall, alsoFine: readonly number[] = []): Promise<unknown> {
    const answer = await this.#call(call);
    if (answer.status >= 300 && !alsoFine.includes(answer.status)) throw new KubeStatusError(call, answer);
    return answer.body;
  }
}
