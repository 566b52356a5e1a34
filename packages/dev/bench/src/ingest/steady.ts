import { setTimeout as sleep } from 'node:timers/promises';
import { tempDir } from '@kestrel/testkit';
import type { ServiceProcess } from '@kestrel/dev-stack';
import { type BenchOptions, repeat } from '../bench-options.ts';
import { poll } from '../poll.ts';
import { processUsage } from '../process/process-usage.ts';
import { ServiceMetrics } from '../process/service-metrics.ts';
import { BenchBus } from '../stack/bench-bus.ts';
import { BenchCloud } from '../stack/bench-cloud.ts';
import { startIngester } from '../stack/ingester-process.ts';
import { startUplink } from '../stack/uplink-process.ts';
import { quantile } from '../statistics/statistics.ts';
import { SyntheticApi } from '../synthetic-api/synthetic-api.ts';
import { CommitListener, latencies } from './commit-latency.ts';

const CHANGES_PER_SECOND = 1_000;
/** Before the first window: compilers warm up, the uplink finds the link's rate. */
const WARM_UP_MS = 10_000;
const WINDOW_MS = 10_000;
const POLL_INTERVAL_MS = 50;
const CONVERGE_TIMEOUT_MS = 60_000;
/** How long the last changes of a window may take; what is later counts as lost and fails the bench. */
const TAIL_TIMEOUT_MS = 30_000;

/** One window under steady change. */
export interface SteadyWindow {
  /** From the change to the cloud's commit. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The first part of this: from the change until JetStream has stored it. */
  readonly storeP50Ms: number;
  readonly storeP99Ms: number;
  readonly changesPerSecond: number;
  /** Changes that a newer one of the same pod replaced on the way, and which therefore have no commit of their own. */
  readonly superseded: number;
  /** Cores in use, 1 is one whole core. */
  readonly ingesterCores: number;
  readonly uplinkCores: number;
  readonly stallMaxMs: number;
  /** How long ingester and uplink could have run and got no CPU, of each second. */
  readonly waitedShare: number;
}

export interface SteadyOptions {
  readonly pods: number;
  /** Another nats-server, for a slower disk. */
  readonly natsProgram?: string;
}

/** Pods change all the time; from a change at the API server to its commit in the cloud, through the whole stack. */
export async function steadyWindows(o: BenchOptions, what: SteadyOptions, name: string): Promise<SteadyWindow[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir('kestrel-bench-'));
  const api = stack.use(await SyntheticApi.start({ pods: what.pods, folder: folder.path }));
  const program = what.natsProgram === undefined ? {} : { program: what.natsProgram };
  const bus = stack.use(await BenchBus.start({ folder: folder.path, ...program }));
  const cloud = stack.use(await BenchCloud.start({ folder: folder.path, store: 'sqlite' }));
  const clusterId = cloud.onboarding.cluster.id;
  const ingester = stack.use(await startIngester({ api, bus, folder: folder.path, clusterId }));
  const uplink = stack.use(await startUplink({ bus, cloud, folder: folder.path }));
  await untilConverged(o, { cloud, bus, services: [ingester, uplink] });
  await api.startChurn(CHANGES_PER_SECOND);
  await sleep(WARM_UP_MS, undefined, { signal: o.signal });
  await api.stopChurn();
  await untilConverged(o, { cloud, bus, services: [ingester, uplink] });
  const windows = await repeat(o, name, async () => await steadyWindow(o, { api, cloud, ingester, uplink }));
  await cloud.expectNoViolations();
  return windows;
}

/** Until the cloud's cursor is where the stream ends, and pods are in it. */
async function untilConverged(
  o: BenchOptions,
  stack: { cloud: BenchCloud; bus: BenchBus; services: readonly ServiceProcess[] },
): Promise<void> {
  await poll(
    async () => {
      const fill = await stack.bus.fill('KESTREL_RESOURCES');
      if (fill === undefined || fill.messages <= 1) return undefined;
      const cursor = (await stack.cloud.client.cursors()).find(({ stream }) => stream === 'KESTREL_RESOURCES');
      return Number(cursor?.seq ?? 0n) >= fill.lastSeq ? true : undefined;
    },
    {
      what: 'the cloud has everything',
      intervalMs: POLL_INTERVAL_MS,
      timeoutMs: CONVERGE_TIMEOUT_MS,
      of: stack.services,
      signal: o.signal,
    },
  );
}

async function steadyWindow(
  o: BenchOptions,
  stack: { api: SyntheticApi; cloud: BenchCloud; ingester: ServiceProcess; uplink: ServiceProcess },
): Promise<SteadyWindow> {
  const { api, cloud, ingester, uplink } = stack;
  await using commits = await CommitListener.start(cloud.client);
  const versionBefore = await api.stopChurn();
  const before = { ingester: await processUsage(ingester.pid), uplink: await processUsage(uplink.pid) };
  const startedMs = performance.now();
  await api.startChurn(CHANGES_PER_SECOND);
  await sleep(WINDOW_MS, undefined, { signal: o.signal });
  const version = await api.stopChurn();
  const seconds = (performance.now() - startedMs) / 1_000;
  const after = { ingester: await processUsage(ingester.pid), uplink: await processUsage(uplink.pid) };
  await poll(async () => (commits.arrivals.has(version) ? true : undefined), {
    what: 'the last change in the cloud',
    intervalMs: POLL_INTERVAL_MS,
    timeoutMs: TAIL_TIMEOUT_MS,
    of: [ingester, uplink],
    signal: o.signal,
  });
  const changed = await api.changes(versionBefore);
  const { toStore, toCommit, superseded } = latencies(changed, commits.arrivals);
  const metrics = await ServiceMetrics.scrape(ingester.adminUrl);
  return {
    p50Ms: quantile(toCommit, 0.5),
    p99Ms: quantile(toCommit, 0.99),
    maxMs: quantile(toCommit, 1),
    storeP50Ms: quantile(toStore, 0.5),
    storeP99Ms: quantile(toStore, 0.99),
    changesPerSecond: changed.size / seconds,
    superseded,
    ingesterCores: (after.ingester.cpuSeconds - before.ingester.cpuSeconds) / seconds,
    uplinkCores: (after.uplink.cpuSeconds - before.uplink.cpuSeconds) / seconds,
    waitedShare:
      (after.ingester.waitedSeconds -
        before.ingester.waitedSeconds +
        after.uplink.waitedSeconds -
        before.uplink.waitedSeconds) /
      seconds,
    stallMaxMs: metrics.required('kestrel_event_loop_stall_max_ms'),
  };
}
