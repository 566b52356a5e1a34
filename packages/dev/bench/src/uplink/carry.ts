import type { ServiceProcess } from '@kestrel/dev-stack';
import { poll } from '../poll.ts';
import { processUsage } from '../process/process-usage.ts';
import type { BenchCloud } from '../stack/bench-cloud.ts';

const POLL_INTERVAL_MS = 20;
/** A bound on a fault. */
const CARRY_TIMEOUT_MS = 180_000;
/** The first part of the events is not measured: connecting, and finding the link's rate. */
const WARM_UP_SHARE = 0.1;
/** Nor the last: there the stream runs dry. */
const MEASURED_UNTIL_SHARE = 0.95;

/** What an uplink carried in the middle part of its run. */
export interface Carried {
  readonly eventsPerSecond: number;
  /** Of one second of the uplink's CPU time, all its threads together: what one core can do. */
  readonly eventsPerCpuSecond: number;
  readonly cpuMicrosPerEvent: number;
  /** What went over the link, TLS and HTTP/2 with it; undefined without a link. */
  readonly linkMbPerSecond: number | undefined;
  readonly peakRssMb: number;
  /** How long the uplink could have run and got no CPU, of each second. */
  readonly waitedShare: number;
}

export interface CarryOptions {
  readonly uplink: ServiceProcess;
  readonly cloud: BenchCloud;
  readonly events: number;
  /** Bytes that have passed the link so far. */
  readonly linkBytes: (() => Promise<number>) | undefined;
  readonly signal: AbortSignal;
}

interface Sample {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly waitedSeconds: number;
  readonly events: number;
  readonly linkBytes: number;
}

/** Waits until the cloud has committed all events and says how it went. @throws Error when not each came once and in order */
export async function carry(o: CarryOptions): Promise<Carried> {
  const from = await sampleAt(o, Math.ceil(o.events * WARM_UP_SHARE));
  const to = await sampleAt(o, Math.ceil(o.events * MEASURED_UNTIL_SHARE));
  const end = await sampleAt(o, o.events);
  await o.cloud.expectNoViolations();
  if (end.events !== o.events) throw new Error(`the cloud stands at ${end.events}, the stream has ${o.events} events`);
  const { peakRssBytes } = await processUsage(o.uplink.pid);
  const events = to.events - from.events;
  const seconds = (to.atMs - from.atMs) / 1_000;
  const cpuSeconds = to.cpuSeconds - from.cpuSeconds;
  return {
    eventsPerSecond: events / seconds,
    eventsPerCpuSecond: events / cpuSeconds,
    cpuMicrosPerEvent: (cpuSeconds * 1e6) / events,
    linkMbPerSecond: o.linkBytes === undefined ? undefined : (to.linkBytes - from.linkBytes) / 1e6 / seconds,
    peakRssMb: peakRssBytes / 1e6,
    waitedShare: (to.waitedSeconds - from.waitedSeconds) / seconds,
  };
}

/** The first look at which so many events are committed. The stream begins at 1 and has no holes: the cursor counts. */
async function sampleAt(o: CarryOptions, wanted: number): Promise<Sample> {
  return await poll(
    async () => {
      const cursors = await o.cloud.client.cursors();
      const events = Number(cursors.find((cursor) => cursor.stream === 'KESTREL_FLOWS')?.seq ?? 0n);
      if (events < wanted) return undefined;
      const { cpuSeconds, waitedSeconds } = await processUsage(o.uplink.pid);
      return { atMs: performance.now(), cpuSeconds, waitedSeconds, events, linkBytes: (await o.linkBytes?.()) ?? 0 };
    },
    {
      what: `${wanted} events in the cloud`,
      intervalMs: POLL_INTERVAL_MS,
      timeoutMs: CARRY_TIMEOUT_MS,
      of: [o.uplink],
      signal: o.signal,
    },
  );
}
