import { tempDir } from '@kestrel/testkit';
import { type BenchOptions, repeat } from '../bench-options.ts';
import { atMost, exactly, measured } from '../report/measure.ts';
import type { Result } from '../report/report.ts';
import { SyntheticApi } from '../synthetic-api/synthetic-api.ts';
import { type FirstSync, firstSync } from './first-sync.ts';

const STALL_TARGET_MS = 50;

/** First syncs of a cluster with so many pods, by WatchList; then of the unchanged cluster once more. */
export async function usualClusterResults(o: BenchOptions, pods: number): Promise<Result[]> {
  const syncs = await firstSyncs(o, { pods, watchList: true, restart: true });
  const of = series(syncs, `${pods} pods`);
  return [
    of('CPU', 's', (sync) => sync.cpuSeconds, {
      target: atMost(1.5),
      note: 'since the start of the process: node and its modules are in it',
    }),
    of('CPU of starting, part of the above', 's', (sync) => sync.startCpuSeconds),
    of('peak RSS', 'MB', (sync) => sync.peakRssMb, { target: atMost(180) }),
    of('longest stall', 'ms', (sync) => sync.stallMaxMs, {
      target: atMost(STALL_TARGET_MS),
      note: "kestrel_event_loop_stall_max_ms: from the service's start on, after its modules are loaded",
    }),
    of('waiting for a CPU that others had', 's', (sync) => sync.waitedSeconds),
    of('start to last acknowledgement', 's', (sync) => sync.wallMs / 1_000),
    of('stored record', 'B', (sync) => sync.recordBytes),
    of('published again after a restart', 'objects', (sync) => sync.republished ?? Number.NaN, { target: exactly(0) }),
  ];
}

/** The same from a server that refuses WatchList. */
export async function pagedResults(o: BenchOptions, pods: number): Promise<Result[]> {
  const syncs = await firstSyncs(o, { pods, watchList: false, restart: false });
  const of = series(syncs, `${pods} pods by pages`);
  return [
    of('peak RSS', 'MB', (sync) => sync.peakRssMb, { target: atMost(300) }),
    of('CPU', 's', (sync) => sync.cpuSeconds),
    of('longest stall', 'ms', (sync) => sync.stallMaxMs, { target: atMost(STALL_TARGET_MS) }),
    of('waiting for a CPU that others had', 's', (sync) => sync.waitedSeconds),
  ];
}

/** First syncs of a very large cluster. */
export async function largeClusterResults(o: BenchOptions, pods: number): Promise<Result[]> {
  const syncs = await firstSyncs(o, { pods, watchList: true, restart: false });
  const of = series(syncs, `${pods} pods`);
  return [
    of('peak RSS', 'MB', (sync) => sync.peakRssMb, { target: atMost(450) }),
    of('CPU', 's', (sync) => sync.cpuSeconds),
    of('longest stall', 'ms', (sync) => sync.stallMaxMs, { target: atMost(STALL_TARGET_MS) }),
    of('waiting for a CPU that others had', 's', (sync) => sync.waitedSeconds),
    of('start to last acknowledgement', 's', (sync) => sync.wallMs / 1_000),
  ];
}

async function firstSyncs(
  o: BenchOptions,
  what: { pods: number; watchList: boolean; restart: boolean },
): Promise<FirstSync[]> {
  await using folder = await tempDir('kestrel-bench-api-');
  await using api = await SyntheticApi.start({ pods: what.pods, folder: folder.path });
  await api.refuseWatchList(!what.watchList);
  const name = `first sync of ${what.pods} pods${what.watchList ? '' : ' by pages'}`;
  return await repeat(o, name, async () => await firstSync({ ...what, api, signal: o.signal }));
}

type More = Pick<Parameters<typeof measured>[0], 'target' | 'note'>;

function series(syncs: readonly FirstSync[], prefix: string) {
  return (name: string, unit: string, read: (sync: FirstSync) => number, more: More = {}): Result =>
    measured({ metric: `${prefix}: ${name}`, unit, ...more }, syncs.map(read));
}
