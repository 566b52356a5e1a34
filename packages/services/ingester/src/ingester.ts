import { type Bus, EventIds } from '@kestrel/bus';
import { inClusterClient, type KubeClient, kubeconfigClient } from '@kestrel/kube';
import type { Logger, ServiceContext } from '@kestrel/runtime';
import type { IngesterConfig } from './config.ts';
import { DEFAULT_SHRINK_RULE } from './core/mass-shrink.ts';
import { Mirror } from './core/mirror/mirror.ts';
import { annotationFilter } from './core/normalize/annotation-filter.ts';
import { connectPatiently } from './egress/connect-patiently.ts';
import { Leadership, SHARD } from './egress/leadership.ts';
import { startWriterSession } from './egress/writer-session.ts';
import { createIngesterEvents } from './events.ts';
import { KindWatches } from './ingress/kind-watches.ts';
import { watchProgress } from './progress.ts';
import { registerGauges } from './gauges.ts';
import { showStatus } from './status.ts';

/**
 * API server → mirror → KESTREL_RESOURCES. The mirror is kept in every instance, also in the standby; only the holder of
 * lease and fence writes. Disposing stores what is known, gives the lease back, then ends the watches.
 */
export async function startIngester(ctx: ServiceContext<IngesterConfig>): Promise<AsyncDisposable> {
  const { config, log, clock, metrics, health } = ctx;
  const onFailure = (error: unknown) => ctx.fail(error);
  await using starting = new AsyncDisposableStack();
  const events = createIngesterEvents(log, metrics);
  const client = starting.use(await kubeClient(config, log));
  const mirror = starting.use(
    new Mirror({
      kinds: config.kinds,
      annotations: annotationFilter(config.annotations),
      selectedWorkloadsMax: config.selectedWorkloadsMax,
      joinDelayMs: config.joinDelayMs,
      shrinkRule: DEFAULT_SHRINK_RULE,
      clock,
      onFailure,
    }),
  );
  mirror.listen({
    changed: () => undefined,
    removed: () => undefined,
    settled: () => undefined,
    lost: (loss) => events.lost(loss),
    found: (finding) => events.found(finding),
  });
  const { shrinkConfirmAfterMs } = config.writer;
  const watches = starting.use(
    new KindWatches({ ...config, client, mirror, log, clock, metrics, health, shrinkConfirmAfterMs, onFailure }),
  );
  let leadership: Leadership | undefined;
  showStatus(ctx.status, { mirror, watches, leadership: () => leadership });
  registerGauges(metrics, { mirror, leadership: () => leadership });
  const bus = starting.use(await connectPatiently(ctx));
  void bus.closed.then((reason) => reason !== undefined && ctx.fail(reason));
  leadership = starting.use(lead(ctx, { bus, mirror, watches, events, onFailure }));
  starting.use(watchProgress({ bus, mirror, leadership, health, clock }));
  return starting.move();
}

function lead(
  ctx: ServiceContext<IngesterConfig>,
  o: {
    bus: Bus;
    mirror: Mirror;
    watches: KindWatches;
    events: ReturnType<typeof createIngesterEvents>;
    onFailure: (error: unknown) => void;
  },
): Leadership {
  const { config, log, clock, metrics, instance, boot } = ctx;
  const { bus, mirror, watches, events, onFailure } = o;
  const holder = `${instance}/${boot}`;
  const ids = new EventIds(instance, boot);
  const source = `/clusters/${encodeURIComponent(config.clusterId)}/ingester`;
  return new Leadership(bus, {
    holder,
    leaseTtlMs: config.writer.leaseTtlMs,
    clock,
    log,
    mirrorComplete: mirror.whenComplete,
    startSession: (lease) =>
      startWriterSession(bus, lease, {
        config: config.writer,
        shard: SHARD,
        mirror,
        ids,
        source,
        holder,
        clock,
        log,
        metrics,
        events,
        onListWanted: (kind) => watches.requestSync(kind, 'confirm a mass shrink', { confirm: true }),
      }),
    onRestart: (error) => events.restarts(error),
    onFailure,
  });
}

async function kubeClient(config: IngesterConfig, log: Logger): Promise<KubeClient> {
  const { kubernetes } = config;
  const userAgent = 'kestrel-ingester';
  if (kubernetes.from === 'cluster') return inClusterClient({ ...kubernetes, log, userAgent });
  const { client } = await kubeconfigClient({ file: kubernetes.file, log, userAgent });
  return client;
}
