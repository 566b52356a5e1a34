import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { USER_NAMES, type UserName } from '@kestrel/bus';
import { createUser, fromSeed } from '@nats-io/nkeys';

/** One key pair: the public key for the server's configuration, the seed in a file that only this user can read. */
export interface BusUser {
  readonly publicKey: string;
  readonly seedFile: string;
}

/** Every user of the bus has one. */
export type BusUsers = Readonly<Record<UserName, BusUser>>;

/** A key pair for every user of the bus, made once for each folder. */
export async function busUsers(folder: string): Promise<BusUsers> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const users: Partial<Record<UserName, BusUser>> = {};
  for (const name of USER_NAMES) users[name] = await busUser(join(folder, `${name}.nk`));
  if (!hasAll(users)) throw new Error('a user of the bus has no key');
  return users;
}

const hasAll = (users: Partial<Record<UserName, BusUser>>): users is Record<UserName, BusUser> =>
  USER_NAMES.every((name) => users[name] !== undefined);

async function busUser(seedFile: string): Promise<BusUser> {
  try {
    return { publicKey: fromSeed(await readFile(seedFile)).getPublicKey(), seedFile };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const user = createUser();
  await writeFile(seedFile, user.getSeed(), { mode: 0o600, flag: 'wx' });
  return { publicKey: user.getPublicKey(), seedFile };
}
