import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runCli } from '@kestrel/cli';
import { z } from 'zod';
import type { CloudClient } from '../stack/cloud-client.ts';

const matrixSchema = z.object({
  peers: z.array(z.unknown()),
  connections: z.array(z.unknown()),
  incomplete: z.array(z.unknown()),
  unprotected: z.object({ ingress: z.array(z.string()) }),
});

/**
 * What the policies of the cluster do, in one line, by `kestrelctl policy matrix` on what the cloud has committed.
 * @throws Error when a record can't be used, with what kestrelctl said
 */
export async function policyLine(cloud: Pick<CloudClient, 'eventLines'>, dataDir: string): Promise<string> {
  const file = join(dataDir, 'committed-resources.jsonl');
  {
    await using to = await open(file, 'w');
    for await (const line of cloud.eventLines('KESTREL_RESOURCES')) await to.write(`${line}\n`);
  }
  const { code, stdout, stderr } = await kestrelctl(['policy', 'matrix', '--records', file, '-o', 'json']);
  if (code !== 0) throw new Error(`kestrelctl policy matrix ended with ${code}: ${stderr.trim()}`);
  const { peers, connections, incomplete, unprotected } = matrixSchema.parse(JSON.parse(stdout));
  const unknown = incomplete.length === 0 ? '' : `, ${incomplete.length} can’t be told`;
  return `${peers.length} workloads, ${connections.length} connections allowed${unknown}, ${unprotected.ingress.length} workloads unprotected`;
}

async function kestrelctl(argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' };
  const sink = (to: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write: (chunk, _encoding, done) => {
        text[to] += String(chunk);
        done();
      },
    });
  const io = { stdout: sink('stdout'), stderr: sink('stderr'), env: {}, cwd: '/', isTerminal: false };
  const code = await runCli(argv, { ...io, signal: new AbortController().signal });
  return { code, ...text };
}
