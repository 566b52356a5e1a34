import type { KubeClient } from './kube-client.ts';
import { readListMeta } from './list-page.ts';
import { collectionPath, type ResourceType } from './resource-type.ts';
import { compareResourceVersions } from './resource-version.ts';
import { StaleVersion } from './stale-version.ts';

const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/**
 * Compares the version that the server's store is at with ours: 0 when nothing at all was written since, positive when
 * something was, of whatever kind. The read is a consistent one (resourceVersion unset).
 * @throws StaleVersion when the store is before us, or the versions are no numbers; KubeError
 */
export async function serverIsAhead(
  client: KubeClient,
  resource: ResourceType,
  version: () => string,
  signal: AbortSignal,
): Promise<number> {
  const answer = await client.get(`${collectionPath(resource)}?limit=1`, { signal, accept: METADATA_ONLY });
  const server = readListMeta(answer.body.toString('utf8')).resourceVersion;
  const ours = version();
  const order = compareResourceVersions(server, ours);
  if (order === undefined)
    throw new StaleVersion('not_comparable', `versions "${server}" and "${ours}" are not numbers`);
  if (order < 0) throw new StaleVersion('server_behind', `the server is at version ${server}, before our ${ours}`);
  return order;
}
