import { KubeError } from './kube-error.ts';
import { readListPage, type ListMeta } from './list-page.ts';
import type { ReflectorScope } from './open-watch.ts';
import { apiVersionOf, collectionPath } from './resource-type.ts';
import { StallDeadline } from './stall-deadline.ts';

/**
 * A full sync by pages. resourceVersion stays unset: the first page then shows the newest state and the others the same
 * one; "0" would make the server ignore `limit`. Returns that version. @throws KubeError kube_gone when the list takes
 * longer than the server keeps its version: start over
 */
export async function syncByPages(scope: ReflectorScope, signal: AbortSignal): Promise<string> {
  let page = await readPage(scope, '', signal);
  const { resourceVersion } = page;
  while (page.continue !== '') page = await readPage(scope, page.continue, signal);
  return resourceVersion;
}

async function readPage(scope: ReflectorScope, continueToken: string, signal: AbortSignal): Promise<ListMeta> {
  const { client, delivery, limits, resource } = scope;
  const parameters = new URLSearchParams({ limit: `${limits.pageObjects}` });
  if (continueToken !== '') parameters.set('continue', continueToken);
  const path = collectionPath(resource);
  const own = new AbortController();
  using deadline = new StallDeadline(limits.syncStallMs, () => {
    own.abort(new KubeError('kube_timeout', `list ${path}: no object for ${limits.syncStallMs} ms`));
  });
  const answer = await client.stream(`${path}?${parameters.toString()}`, {
    signal: AbortSignal.any([signal, own.signal]),
    timeoutMs: limits.syncStallMs,
  });
  const atWork = async (call: () => void | Promise<void>) => {
    deadline.busy();
    await call();
    deadline.idle();
  };
  try {
    if (continueToken === '') await atWork(() => delivery.syncStarted());
    const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    return await readListPage(answer.body, { type, itemBytesMax: limits.objectBytesMax }, (item) =>
      atWork(() =>
        'object' in item ? delivery.upsert('LISTED', item.object) : delivery.undecodable(item.undecodable),
      ),
    );
  } finally {
    own.abort(new Error('the page is done with')); // cancels what was not read; nothing otherwise
  }
}
