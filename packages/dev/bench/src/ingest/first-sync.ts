import type { ServiceProcess } from '@kestrel/dev-stack';
import { type TempDir, tempDir } from '@kestrel/testkit';
import { poll } from '../poll.ts';
import { processUsage } from '../process/process-usage.ts';
import { ServiceMetrics } from '../process/service-metrics.ts';
import { BenchBus } from '../stack/bench-bus.ts';
import { startIngester } from '../stack/ingester-process.ts';
import type { SyntheticApi } from '../synthetic-api/synthetic-api.ts';
import { republishedOnRestart } from './republished.ts';

const POLL_INTERVAL_MS = 10;
/** A bound on a fault: 75,000 pods take about 20 s on two cores. */
const SYNC_TIMEOUT_MS = 180_000;

/** One first sync: an empty bus, a new ingester, until the last pod is acknowledged. */
export interface FirstSync {
  /** From the start of the process. */
  readonly wallMs: number;
  /** All threads of the ingester since it was started: loading node and its modules is in it. */
  readonly cpuSeconds: number;
  /** Of these, until its admin server answered and it began to work. */
  readonly startCpuSeconds: number;
  readonly peakRssMb: number;
  readonly stallMaxMs: number;
  /** How long it could have run and got no CPU: what makes stalls longer than they are. */
  readonly waitedSeconds: number;
  readonly recordBytes: number;
  /** Objects published anew by a second ingester on the unchanged cluster; only with `restart`. */
  readonly republished: number | undefined;
}

export interface FirstSyncOptions {
  readonly api: SyntheticApi;
  readonly pods: number;
  readonly restart: boolean;
  readonly signal: AbortSignal;
}

/** Runs one. The bus is new each time; the API server stays. */
export async function firstSync(o: FirstSyncOptions): Promise<FirstSync> {
  await using folder = await tempDir('kestrel-bench-');
  await using bus = await BenchBus.start({ folder: folder.path });
  const startedMs = performance.now();
  const sync = await runFirstSync(o, bus, folder, startedMs);
  const republished = o.restart ? await republishedOnRestart({ ...o, bus, folder: folder.path }) : undefined;
  return { ...sync, republished };
}

async function runFirstSync(
  o: FirstSyncOptions,
  bus: BenchBus,
  folder: TempDir,
  startedMs: number,
): Promise<Omit<FirstSync, 'republished'>> {
  await using ingester = await startIngester({ api: o.api, bus, folder: folder.path });
  const { cpuSeconds: startCpuSeconds } = await processUsage(ingester.pid);
  await untilStored(o, bus, ingester);
  const metrics = await untilAcknowledged(o, ingester);
  const { cpuSeconds, peakRssBytes, waitedSeconds } = await processUsage(ingester.pid);
  const wallMs = performance.now() - startedMs;
  const fill = await bus.fill('KESTREL_RESOURCES');
  return {
    wallMs,
    cpuSeconds,
    startCpuSeconds,
    peakRssMb: peakRssBytes / 1e6,
    waitedSeconds,
    stallMaxMs: metrics.required('kestrel_event_loop_stall_max_ms'),
    recordBytes: (fill?.bytes ?? 0) / Math.max(1, fill?.messages ?? 0),
  };
}

/** Until the stream holds a record of every pod. */
async function untilStored(o: FirstSyncOptions, bus: BenchBus, ingester: ServiceProcess): Promise<void> {
  await poll(
    async () => {
      const fill = await bus.fill('KESTREL_RESOURCES');
      // The fence is one message more.
      return fill !== undefined && fill.messages > o.pods ? true : undefined;
    },
    {
      what: 'every pod stored',
      intervalMs: POLL_INTERVAL_MS,
      timeoutMs: SYNC_TIMEOUT_MS,
      of: [ingester],
      signal: o.signal,
    },
  );
}

/** Until the ingester knows it: nothing is in flight. */
async function untilAcknowledged(o: FirstSyncOptions, ingester: ServiceProcess): Promise<ServiceMetrics> {
  return await poll(
    async () => {
      const metrics = await ServiceMetrics.scrape(ingester.adminUrl);
      const inFlight = metrics.required('kestrel_bus_in_flight_messages', { stream: 'KESTREL_RESOURCES' });
      return inFlight === 0 ? metrics : undefined;
    },
    {
      what: 'every pod acknowledged',
      intervalMs: POLL_INTERVAL_MS,
      timeoutMs: SYNC_TIMEOUT_MS,
      of: [ingester],
      signal: o.signal,
    },
  );
}
