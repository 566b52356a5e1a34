import { z } from 'zod';
import type { KubeClient, RequestOptions } from './kube-client.ts';
import { KubeError } from './kube-error.ts';

const secretSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string(), uid: z.string(), resourceVersion: z.string() }),
  type: z.string().default('Opaque'),
  data: z.record(z.string(), z.base64()).default({}),
});

/** A Secret as it was read. */
export interface KubeSecret {
  readonly namespace: string;
  readonly name: string;
  /** Precondition of replaceSecret. */
  readonly resourceVersion: string;
  readonly type: string;
  readonly data: Readonly<Record<string, Buffer>>;
  /** The whole object; labels, annotations and owners are kept by replaceSecret. Contains the data: never log it. */
  readonly object: Readonly<Record<string, unknown>>;
}

/** A Secret to be made. */
export interface NewSecret {
  readonly namespace: string;
  readonly name: string;
  readonly type?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, Uint8Array>>;
}

/** Reads one Secret by name; undefined when it does not exist. @throws KubeError */
export async function readSecret(
  client: KubeClient,
  namespace: string,
  name: string,
  o?: RequestOptions,
): Promise<KubeSecret | undefined> {
  try {
    return readAnswer((await client.get(secretPath(namespace, name), o)).body);
  } catch (error) {
    if (error instanceof KubeError && error.code === 'kube_not_found') return undefined;
    throw error;
  }
}

/** Makes a Secret. @throws KubeError kube_conflict when the name is taken */
export async function createSecret(client: KubeClient, secret: NewSecret, o?: RequestOptions): Promise<KubeSecret> {
  const { namespace, name, labels } = secret;
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name, ...(labels === undefined ? {} : { labels }) },
    type: secret.type ?? 'Opaque',
    data: encode(secret.data),
  };
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
  return readAnswer((await client.request('POST', path, JSON.stringify(body), 'application/json', o)).body);
}

/**
 * Writes the given data in place of all data of a Secret that was read before, and keeps the rest of the object.
 * @throws KubeError kube_conflict when it was changed since: read it again; kube_not_found when it was deleted
 */
export async function replaceSecret(
  client: KubeClient,
  secret: KubeSecret,
  data: Readonly<Record<string, Uint8Array>>,
  o?: RequestOptions,
): Promise<KubeSecret> {
  const body = { ...secret.object, data: encode(data) }; // metadata.resourceVersion is in it: the precondition
  const path = secretPath(secret.namespace, secret.name);
  return readAnswer((await client.request('PUT', path, JSON.stringify(body), 'application/json', o)).body);
}

function secretPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
}

function readAnswer(body: Buffer): KubeSecret {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new KubeError('kube_bad_response', 'the Secret is not valid JSON'); // no cause: V8's message would quote it
  }
  const parsed = secretSchema.safeParse(value);
  if (!parsed.success) throw new KubeError('kube_bad_response', 'the answer is not a Secret');
  const { metadata, type, data } = parsed.data;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    resourceVersion: metadata.resourceVersion,
    type,
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64')])),
    object: parsed.data,
  };
}

function encode(data: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]));
}
