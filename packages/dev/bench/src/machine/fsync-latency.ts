import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quantile } from '../statistics/statistics.ts';

/** A page appended and put on the disk, as a server's log does it. */
const WRITE_BYTES = 4_096;
const WARM_UP = 20;

/** How long the disk takes to make a small append durable. */
export interface FsyncLatency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Measures it in the folder: `times` appends of 4 KB, each with an fsync, one after the other. */
export async function measureFsync(folder: string, times: number): Promise<FsyncLatency> {
  const file = join(folder, 'fsync-probe');
  const handle = await open(file, 'w');
  const durations: number[] = [];
  try {
    const page = Buffer.alloc(WRITE_BYTES, 'k');
    for (let i = 0; i < times + WARM_UP; i += 1) {
      const startMs = performance.now();
      await handle.write(page);
      await handle.sync();
      if (i >= WARM_UP) durations.push(performance.now() - startMs);
    }
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
  return { p50Ms: quantile(durations, 0.5), p99Ms: quantile(durations, 0.99) };
}
