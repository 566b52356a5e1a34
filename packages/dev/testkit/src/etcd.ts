import { join } from 'node:path';

import { findEngine } from '@kestrel/engines';
import { z } from 'zod';

import { EngineServer } from './engine-server.ts';
import { freePort } from './free-port.ts';

/** A real etcd on 127.0.0.1, without authentication. */
export interface Etcd {
  readonly url: string;
  /** Where its data are: a copy made while it is stopped is a full backup. */
  readonly storeDir: string;
  readonly server: EngineServer;
  /** Compacts away every revision but the present one, on disk too; returns that revision. */
  compact(): Promise<bigint>;
}

const rangeSchema = z.object({ header: z.object({ revision: z.string() }) });

/** Starts etcd and returns once it serves. Writes are not synced to disk: they survive kill -9, not a power cut. */
export async function startEtcd(o: { dataDir: string }): Promise<Etcd> {
  const storeDir = join(o.dataDir, 'etcd');
  const url = `http://127.0.0.1:${await freePort()}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  const server = await EngineServer.start({
    name: 'etcd',
    command: (await findEngine('etcd')).path,
    args: [
      '--name=kestrel',
      `--data-dir=${storeDir}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=kestrel=${peerUrl}`,
    ],
    logFile: join(o.dataDir, 'etcd.log'),
    ready: async (signal) => (await fetch(`${url}/health`, { signal })).ok,
  });
  return {
    url,
    storeDir,
    server,
    compact: async () => {
      const { header } = rangeSchema.parse(await call(url, '/v3/kv/range', { key: base64('compact') }));
      await call(url, '/v3/kv/compaction', { revision: header.revision, physical: true });
      return BigInt(header.revision);
    },
  };
}

/** etcd's own JSON door to its gRPC API (https://etcd.io/docs/latest/dev-guide/api_grpc_gateway/). */
async function call(url: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd refused ${path}: ${response.status} ${await response.text()}`);
  return await response.json();
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
