import { z } from 'zod';
import type { KubeClient, RequestOptions } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import type { ResourceType } from './resource-type.ts';

/** A kind that is wanted wherever the cluster serves it. */
export interface WantedResource {
  readonly group: string;
  readonly kind: string;
  /** In order of preference: the first that is served is taken. One that is not named is never used. */
  readonly versions: readonly string[];
}

/** What discovery says about the wanted kinds. */
export interface Served {
  readonly resources: readonly ResourceType[];
  /** Wanted kinds of groups whose server does not answer now: nothing is known of them. */
  readonly unknown: readonly WantedResource[];
}

/** Aggregated discovery (KEP-3352), stable since Kubernetes 1.30. All authenticated users may read it. */
const ACCEPT = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const discoverySchema = z.object({
  kind: z.literal('APIGroupDiscoveryList'),
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string().default('') }).default({ name: '' }),
      versions: z
        .array(
          z.object({
            version: z.string(),
            freshness: z.string().default('Current'),
            resources: z
              .array(
                z.object({
                  resource: z.string(),
                  responseKind: z.object({ kind: z.string() }).nullish(),
                  scope: z.string(),
                  verbs: z.array(z.string()).default([]),
                }),
              )
              .default([]),
          }),
        )
        .default([]),
    }),
  ),
});

type Group = z.infer<typeof discoverySchema>['items'][number];

/** The last answers by path; with it an unchanged answer costs the server and us next to nothing (ETag, 304). */
export type DiscoveryCache = Map<string, { readonly etag: string; readonly groups: readonly Group[] }>;

/** Which of the wanted kinds are served, and under which version and name. @throws KubeError */
export async function discoverServed(
  client: KubeClient,
  wanted: readonly WantedResource[],
  o: RequestOptions & { readonly cache?: DiscoveryCache } = {},
): Promise<Served> {
  const { cache = new Map(), ...options } = o;
  const roots = [...new Set(wanted.map((one) => (one.group === '' ? '/api' : '/apis')))];
  const groups: Group[] = [];
  for (const root of roots) groups.push(...(await fetchGroups(client, root, options, cache)));
  return chooseServed(groups, wanted);
}

async function fetchGroups(
  client: KubeClient,
  root: string,
  o: RequestOptions,
  cache: DiscoveryCache,
): Promise<readonly Group[]> {
  const known = cache.get(root);
  const headers = { ...o.headers, ...(known === undefined ? {} : { 'if-none-match': known.etag }) };
  const answer = await client.get(root, { ...o, headers, accept: ACCEPT });
  if (answer.status === 304 && known !== undefined) return known.groups;
  const groups = readGroups(root, answer.body);
  const { etag } = answer.headers;
  if (etag === undefined) cache.delete(root);
  else cache.set(root, { etag, groups });
  return groups;
}

function readGroups(path: string, body: Buffer): Group[] {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new KubeError('kube_bad_response', `GET ${path}: not valid JSON`, { cause: error });
  }
  const parsed = discoverySchema.safeParse(value);
  if (parsed.success) return parsed.data.items;
  throw new KubeError(
    'kube_bad_response',
    `GET ${path}: no aggregated discovery, the server is older than Kubernetes 1.30`,
  );
}

function chooseServed(groups: readonly Group[], wanted: readonly WantedResource[]): Served {
  const resources: ResourceType[] = [];
  const unknown: WantedResource[] = [];
  for (const one of wanted) {
    const versions = groups.find((group) => group.metadata.name === one.group)?.versions ?? [];
    const found = firstServed(versions, one);
    if (found !== undefined) resources.push(found);
    // An aggregated API server that is away leaves a stale version behind, perhaps without resources.
    else if (versions.some((version) => version.freshness === 'Stale')) unknown.push(one);
  }
  return { resources, unknown };
}

function firstServed(versions: Group['versions'], wanted: WantedResource): ResourceType | undefined {
  for (const version of wanted.versions) {
    const resource = versions
      .find((one) => one.version === version)
      ?.resources.find((one) => one.responseKind?.kind === wanted.kind && one.verbs.includes('watch'));
    if (resource === undefined) continue;
    const namespaced = resource.scope === 'Namespaced';
    return { group: wanted.group, version, kind: wanted.kind, plural: resource.resource, namespaced };
  }
  return undefined;
}
