import { errorFromAnswer, KubeError } from './kube-error.ts';
import { openWatch, type OpenWatch, type ReflectorScope } from './open-watch.ts';
import { StallDeadline } from './stall-deadline.ts';

/** The server does not do WatchList for this kind: sync by pages. */
export class WatchListRefused extends Error {
  override readonly name = 'WatchListRefused';
}

/**
 * A full sync by WatchList (KEP-3157): the server streams all objects as ADDED events and ends them with a marked
 * bookmark. With no resourceVersion the set is at least as new as the moment of the request. The same stream then goes
 * on as a watch, so it is returned. @throws WatchListRefused, KubeError
 */
export async function syncByWatchList(
  scope: ReflectorScope,
  signal: AbortSignal,
): Promise<{ watch: OpenWatch; resourceVersion: string }> {
  const watch = await openRefusable(scope, signal);
  let complete = false;
  try {
    await scope.delivery.syncStarted();
    const resourceVersion = await readInitialEvents(scope, watch);
    complete = true;
    return { watch, resourceVersion };
  } finally {
    if (!complete) watch.abort(new Error('the sync failed'));
  }
}

async function openRefusable(scope: ReflectorScope, signal: AbortSignal): Promise<OpenWatch> {
  try {
    return await openWatch(scope, { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }, signal);
  } catch (error) {
    // 422 "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"; 400 from older ones.
    if (error instanceof KubeError && error.code === 'kube_invalid') {
      throw new WatchListRefused(error.message, { cause: error });
    }
    throw error;
  }
}

async function readInitialEvents({ delivery, limits }: ReflectorScope, watch: OpenWatch): Promise<string> {
  // A server that does not know the parameter (before 1.27) sends the objects too, but never says that they are all.
  using deadline = new StallDeadline(limits.syncStallMs, () => {
    watch.abort(new WatchListRefused(`no initial event for ${limits.syncStallMs} ms`));
  });
  for (let next = await watch.events.next(); next.done !== true; next = await watch.events.next()) {
    deadline.busy();
    const event = next.value;
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        await delivery.upsert(event.type, event.object);
        break;
      case 'DELETED':
        await delivery.deleted(event.object);
        break;
      case 'UNDECODABLE':
        await delivery.undecodable(event.info);
        break;
      case 'BOOKMARK':
        delivery.bookmark();
        if (!event.initialEventsEnd)
          throw new WatchListRefused('an ordinary bookmark before the end of the initial events');
        return event.resourceVersion;
      case 'ERROR':
        throw errorFromAnswer('initial events', { status: event.status.code ?? 500, statusObject: event.status });
    }
    deadline.idle();
  }
  throw new KubeError('kube_unreachable', 'the stream ended before all objects were sent');
}
