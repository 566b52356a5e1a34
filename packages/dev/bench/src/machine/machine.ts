import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import process, { env } from 'node:process';
import { findEngine } from '@kestrel/engines';
import { tempDir } from '@kestrel/testkit';
import { z } from 'zod';
import { measureFsync } from './fsync-latency.ts';

const FSYNC_TIMES = 300;

/** What figures depend on besides the code. */
export const machineSchema = z.object({
  cpu: z.string(),
  cores: z.number(),
  memoryGiB: z.number(),
  kernel: z.string(),
  node: z.string(),
  /** NODE_OPTIONS, which the services inherit; empty for none. */
  nodeOptions: z.string(),
  /** Whether node keeps compiled modules (NODE_COMPILE_CACHE): a service then starts with half the CPU. */
  compileCache: z.boolean(),
  /** Empty for a bench that runs none. */
  natsServer: z.string(),
  /** Of the disk that holds the servers' stores. */
  disk: z.object({ fsyncP50Ms: z.number(), fsyncP99Ms: z.number() }),
  /** Runnable tasks at the start of the bench; what is not the bench's own makes its figures noisy. */
  loadAverage: z.number(),
  at: z.iso.datetime(),
});
export type Machine = z.infer<typeof machineSchema>;

/** Describes this machine, and measures its disk. @throws EngineError when the bench runs NATS and there is none */
export async function describeMachine(o: { readonly runsNats: boolean }): Promise<Machine> {
  const [loadAverage = 0] = loadavg();
  await using folder = await tempDir('kestrel-bench-disk-');
  const fsync = await measureFsync(folder.path, FSYNC_TIMES);
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1_024 ** 3),
    kernel: `${type()} ${release()} ${arch()}`,
    node: process.version,
    nodeOptions: env['NODE_OPTIONS'] ?? '',
    compileCache: (env['NODE_COMPILE_CACHE'] ?? '') !== '',
    natsServer: o.runsNats ? (await findEngine('nats-server')).version : '',
    disk: { fsyncP50Ms: round(fsync.p50Ms), fsyncP99Ms: round(fsync.p99Ms) },
    loadAverage: round(loadAverage),
    at: new Date().toISOString(),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
