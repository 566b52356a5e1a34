import { randomInt } from 'node:crypto';
import type { Delivery } from './reflector-delivery.ts';
import type { KubeClient } from './kube-client.ts';
import type { ReflectorLimits } from './reflector-limits.ts';
import { apiVersionOf, collectionPath, type ResourceType } from './resource-type.ts';
import { decodeWatch } from './watch-decoder.ts';
import type { WatchEvent } from './watch-event.ts';

/** What a sync or watch of one kind needs. */
export interface ReflectorScope {
  readonly client: KubeClient;
  readonly resource: ResourceType;
  readonly limits: ReflectorLimits;
  readonly delivery: Delivery;
}

/** A watch that is open. `abort` ends it with the given error, which its events then throw. */
export interface OpenWatch {
  readonly events: AsyncGenerator<WatchEvent, void, undefined>;
  readonly abort: (reason: Error) => void;
}

/** Opens a watch with the given query; `resourceVersion` and the like are the caller's. @throws KubeError */
export async function openWatch(
  scope: ReflectorScope,
  query: Record<string, string>,
  signal: AbortSignal,
): Promise<OpenWatch> {
  const { limits, resource } = scope;
  const own = new AbortController();
  const seconds = Math.ceil(randomInt(limits.watchMinMs, limits.watchMaxMs + 1) / 1000);
  const parameters = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: `${seconds}`,
    ...query,
  });
  const answer = await scope.client.stream(`${collectionPath(resource)}?${parameters.toString()}`, {
    signal: AbortSignal.any([signal, own.signal]),
  });
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  return {
    events: decodeWatch(answer.body, { type, eventBytesMax: limits.objectBytesMax }),
    abort: (reason) => own.abort(reason),
  };
}
