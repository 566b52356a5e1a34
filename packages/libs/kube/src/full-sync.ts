import type { Logger } from '@kestrel/runtime';
import { openWatch, type OpenWatch, type ReflectorScope } from './open-watch.ts';
import { syncByPages } from './paged-list.ts';
import type { SyncResult } from './reflector-sink.ts';
import { syncByWatchList, WatchListRefused } from './watch-list.ts';

/** A completed sync and the watch that goes on from it. */
export interface SyncedWatch {
  readonly watch: OpenWatch;
  readonly mode: SyncResult['mode'];
  readonly resourceVersion: string;
}

/** Delivers all objects, by WatchList or, where that is refused, by pages. @throws KubeError */
export async function fullSync(
  scope: ReflectorScope,
  watchList: boolean,
  signal: AbortSignal,
  log: Logger,
): Promise<SyncedWatch> {
  if (watchList) {
    try {
      return await byWatchList(scope, signal);
    } catch (error) {
      if (!(error instanceof WatchListRefused)) throw error;
      log.info({ reason: error.message }, 'watch list is refused, lists by pages');
    }
  }
  return await byPages(scope, signal);
}

async function byWatchList(scope: ReflectorScope, signal: AbortSignal): Promise<SyncedWatch> {
  const { watch, resourceVersion } = await syncByWatchList(scope, signal);
  try {
    await scope.delivery.syncFinished('watch_list', resourceVersion);
  } catch (error) {
    watch.abort(new Error('the sink failed'));
    throw error;
  }
  return { watch, mode: 'watch_list', resourceVersion };
}

async function byPages(scope: ReflectorScope, signal: AbortSignal): Promise<SyncedWatch> {
  const resourceVersion = await syncByPages(scope, signal);
  await scope.delivery.syncFinished('paged', resourceVersion);
  return { watch: await openWatch(scope, { resourceVersion }, signal), mode: 'paged', resourceVersion };
}
