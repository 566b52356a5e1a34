import { readFile } from 'node:fs/promises';
import { connectBus, type Bus } from '@kestrel/bus';
import { OperationalError, type Logger } from '@kestrel/runtime';
import type { Connection } from './connection.ts';
import { reasonOf } from './failure-line.ts';

/** kestrelctl's own users, one for each account. */
export type CliUser = 'inspector' | 'inspector-control';

const connectTimeoutMs = 3_000;

/** Connects as one of kestrelctl's own users. @throws OperationalError as connectBus does, and `seed_unreadable` */
export async function connectAs(user: CliUser, to: Connection, log: Logger): Promise<Bus> {
  const { servers, caFile, inspector, inspectorControl } = to.nats;
  const { seedFile } = user === 'inspector' ? inspector : inspectorControl;
  return await connectBus({
    servers,
    user,
    seed: await readSeed(user, seedFile),
    service: 'kestrelctl',
    instance: 'cli',
    log,
    connectTimeoutMs,
    ...(caFile !== undefined && { tls: { caFile } }),
  });
}

async function readSeed(user: CliUser, file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new OperationalError('seed_unreadable', `the seed of ${user} cannot be read: ${reasonOf(cause)}`, {
      retryable: false,
      cause,
    });
  }
}
