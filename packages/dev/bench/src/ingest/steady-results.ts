import { tempDir } from '@kestrel/testkit';
import type { BenchOptions } from '../bench-options.ts';
import { atMost, measured, notMeasured } from '../report/measure.ts';
import type { Result } from '../report/report.ts';
import { buildSlowNats } from '../slow-disk/build-slow-nats.ts';
import { type SteadyWindow, steadyWindows } from './steady.ts';

const FSYNC_DELAY_MS = 2;
const P99_TARGET_MS = 250;

/** Latency from change to commit under steady change, on the disk as it is and with a slower one. */
export async function steadyResults(o: BenchOptions, pods: number): Promise<Result[]> {
  const name = '1000 changes/s';
  const usual = results(name, await steadyWindows(o, { pods }, name));
  return [...usual, ...(await slowDiskResults(o, pods))];
}

async function slowDiskResults(o: BenchOptions, pods: number): Promise<Result[]> {
  const name = `1000 changes/s, ${FSYNC_DELAY_MS} ms added to each fsync`;
  await using folder = await tempDir('kestrel-bench-nats-');
  o.say('building a nats-server whose fsync is slower (a minute the first time)');
  let natsProgram: string;
  try {
    natsProgram = await buildSlowNats({ folder: folder.path, delayMs: FSYNC_DELAY_MS });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [notMeasured({ metric: `${name}: change to commit p99`, unit: 'ms', target: atMost(P99_TARGET_MS) }, why)];
  }
  return results(name, await steadyWindows(o, { pods, natsProgram }, name));
}

function results(prefix: string, windows: readonly SteadyWindow[]): Result[] {
  const of = (
    name: string,
    unit: string,
    read: (window: SteadyWindow) => number,
    more: Pick<Parameters<typeof measured>[0], 'target' | 'note'> = {},
  ): Result => measured({ metric: `${prefix}: ${name}`, unit, ...more }, windows.map(read));
  return [
    of('change to commit p99', 'ms', (window) => window.p99Ms, {
      target: atMost(P99_TARGET_MS),
      note: 'until the driver heard of the commit, so the way from the cloud is in it; all processes share this machine',
    }),
    of('change to commit p50', 'ms', (window) => window.p50Ms),
    of('change to commit, slowest', 'ms', (window) => window.maxMs),
    of('change to JetStream p50', 'ms', (window) => window.storeP50Ms),
    of('change to JetStream p99', 'ms', (window) => window.storeP99Ms),
    of('changes made', 'changes/s', (window) => window.changesPerSecond),
    of('replaced by a newer change on the way', 'changes', (window) => window.superseded),
    of('ingester', 'cores', (window) => window.ingesterCores),
    of('uplink', 'cores', (window) => window.uplinkCores),
    of('ingester and uplink waiting for a CPU that others had', 's/s', (window) => window.waitedShare),
    of("ingester's longest stall so far", 'ms', (window) => window.stallMaxMs, { target: atMost(50) }),
  ];
}
