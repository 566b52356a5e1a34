import { errorFromAnswer } from './kube-error.ts';
import { openWatch, type OpenWatch, type ReflectorScope } from './open-watch.ts';
import { serverIsAhead } from './server-version.ts';
import { SilentWatch } from './silent-watch.ts';
import { StallDeadline } from './stall-deadline.ts';

/**
 * Delivers a watch's events until the server ends it. `onVersion` is told each version that is done with.
 * @throws StaleVersion, KubeError
 */
export async function deliverWatch(
  scope: ReflectorScope,
  watch: OpenWatch,
  o: { version: string; signal: AbortSignal; onVersion: (resourceVersion: string) => void },
): Promise<void> {
  const { delivery, limits } = scope;
  const over = new AbortController();
  const silence = new SilentWatch(scope, o.version, AbortSignal.any([o.signal, over.signal]));
  using deadline = new StallDeadline(limits.bookmarkTimeoutMs, () => {
    silence.periodPassed().then(
      () => deadline.idle(),
      (error: unknown) => watch.abort(error instanceof Error ? error : new Error(String(error))),
    );
  });
  const done = (version: string) => {
    silence.spoke(version);
    o.onVersion(version);
  };
  try {
    for await (const event of watch.events) {
      deadline.busy();
      switch (event.type) {
        case 'ADDED':
        case 'MODIFIED':
          await delivery.upsert(event.type, event.object);
          done(event.object.metadata.resourceVersion);
          break;
        case 'DELETED':
          await delivery.deleted(event.object);
          done(event.object.metadata.resourceVersion);
          break;
        case 'UNDECODABLE':
          await delivery.undecodable(event.info);
          break;
        case 'BOOKMARK':
          delivery.bookmark();
          done(event.resourceVersion);
          break;
        case 'ERROR':
          throw errorFromAnswer('watch', { status: event.status.code ?? 500, statusObject: event.status });
      }
      deadline.idle();
    }
  } finally {
    over.abort(new Error('the watch is over'));
  }
}

/**
 * Opens the watch that goes on from `version`, if the server's store has got it: one that was restored from an older
 * copy would accept the watch and stay silent for ever. @throws StaleVersion, KubeError
 */
export async function resumeWatch(scope: ReflectorScope, version: string, signal: AbortSignal): Promise<OpenWatch> {
  await serverIsAhead(scope.client, scope.resource, () => version, signal);
  return await openWatch(scope, { resourceVersion: version }, signal);
}
