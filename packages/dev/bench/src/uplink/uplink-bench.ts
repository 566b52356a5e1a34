import { tempDir } from '@kestrel/testkit';
import { type BenchOptions, repeat } from '../bench-options.ts';
import { LongLink } from '../link/long-link.ts';
import { atLeast, measured } from '../report/measure.ts';
import type { Result } from '../report/report.ts';
import { BenchBus } from '../stack/bench-bus.ts';
import { BenchCloud } from '../stack/bench-cloud.ts';
import { startUplink } from '../stack/uplink-process.ts';
import { type Carried, carry } from './carry.ts';
import { fillFlows } from './fill-flows.ts';
import { type EventSize, LARGE_EVENT_BYTES, SMALL_EVENT_BYTES } from './flow-events.ts';

const ROUND_TRIP_MS = 50;
/** Some ten seconds each. */
const EVENTS = { small: { full: 600_000, quick: 5_000 }, large: { full: 16_000, quick: 500 } };

/** How much one uplink carries from a full stream to a cloud that only counts. */
export async function uplinkBench(o: BenchOptions): Promise<Result[]> {
  const near = await carryAll(o, { size: 'small', roundTripMs: 0 });
  const far = await carryAll(o, { size: 'large', roundTripMs: ROUND_TRIP_MS });
  return [...nearResults(near), ...farResults(far)];
}

function nearResults(runs: readonly Carried[]): Result[] {
  const events = `events of ${SMALL_EVENT_BYTES} B`;
  const of = series(runs);
  return [
    of(`${events} on one core`, 'events/s', (run) => run.eventsPerCpuSecond, {
      target: atLeast(60_000),
      note: 'events for each second of CPU that the uplink used, all its threads; mutual TLS; headers come on top',
    }),
    of(`${events}: CPU for one`, 'µs', (run) => run.cpuMicrosPerEvent),
    of(`${events} by the clock`, 'events/s', (run) => run.eventsPerSecond, {
      target: atLeast(60_000),
      note: 'nats-server and the counting cloud share the machine with the uplink',
    }),
    of(`${events}: uplink waiting for a CPU that others had`, 's/s', (run) => run.waitedShare),
    of(`${events}: peak RSS`, 'MB', (run) => run.peakRssMb),
  ];
}

function farResults(runs: readonly Carried[]): Result[] {
  const link = `link with ${ROUND_TRIP_MS} ms round trip`;
  const of = series(runs);
  return [
    of(link, 'MB/s', (run) => run.linkMbPerSecond ?? Number.NaN, {
      target: atLeast(20),
      note: `bytes on the wire, of events of ${LARGE_EVENT_BYTES} B that hardly compress`,
    }),
    of(`${link}: uplink`, 'cores', (run) => run.eventsPerSecond / run.eventsPerCpuSecond),
    of(`${link}: uplink waiting for a CPU that others had`, 's/s', (run) => run.waitedShare),
    of(`${link}: peak RSS`, 'MB', (run) => run.peakRssMb),
  ];
}

/** Fills the stream once; each run has a new cloud that has seen nothing, and a new uplink. */
async function carryAll(o: BenchOptions, what: { size: EventSize; roundTripMs: number }): Promise<Carried[]> {
  const events = EVENTS[what.size][o.quick ? 'quick' : 'full'];
  await using folder = await tempDir('kestrel-bench-');
  await using bus = await BenchBus.start({ folder: folder.path });
  await fillFlows(bus, { events, size: what.size, signal: o.signal });
  o.say(`KESTREL_FLOWS holds ${events} events`);
  return await repeat(o, `carry ${events} events, round trip ${what.roundTripMs} ms`, async () => {
    await using run = new AsyncDisposableStack();
    const runFolder = run.use(await tempDir('kestrel-bench-run-'));
    const cloud = run.use(await BenchCloud.start({ folder: runFolder.path, store: 'count' }));
    const link =
      what.roundTripMs === 0
        ? undefined
        : run.use(await LongLink.start({ targetPort: cloud.port, roundTripMs: what.roundTripMs }));
    const cloudPort = link?.port ?? cloud.port;
    const uplink = run.use(await startUplink({ bus, cloud, cloudPort, folder: runFolder.path }));
    const linkBytes = link && (async () => await link.bytesToTarget());
    return await carry({ uplink, cloud, events, linkBytes, signal: o.signal });
  });
}

type More = Pick<Parameters<typeof measured>[0], 'target' | 'note'>;

function series(runs: readonly Carried[]) {
  return (metric: string, unit: string, read: (run: Carried) => number, more: More = {}): Result =>
    measured({ metric, unit, ...more }, runs.map(read));
}
