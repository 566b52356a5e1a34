import { USERS } from '@kestrel/bus';
import type { Logger } from '@kestrel/runtime';
import { connectAs, type CliUser } from '../connect-as.ts';
import type { Connection } from '../connection.ts';
import { reasonOf } from '../failure-line.ts';
import { readServices } from '../status/read-services.ts';
import { readStreams } from '../status/read-streams.ts';

/** One thing that was tried. */
export interface Tried {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Tries every user and every admin port that a connection file names. Whether they are ready is not its question. */
export async function checkConnection(connection: Connection, log: Logger): Promise<Tried[]> {
  const [data, control, services] = await Promise.all([
    tryUser('inspector', connection, log),
    tryUser('inspector-control', connection, log),
    readServices(connection.services),
  ]);
  const ports = services.map((service): Tried => {
    const what = `${service.service} ${service.instance} at ${service.from}`;
    return service.reachable ? { what, ok: true, detail: 'answers' } : { what, ok: false, detail: service.error };
  });
  return [data, control, ...ports];
}

/** Being let in is not enough: the user must be the one it is taken for, and have its rights. */
async function tryUser(user: CliUser, connection: Connection, log: Logger): Promise<Tried> {
  const what = `user ${user} at ${connection.nats.servers.join(', ')}`;
  try {
    await using bus = await connectAs(user, connection, log);
    const unread = (await readStreams(bus)).flatMap((stream) =>
      stream.state === 'unread' ? [`${stream.stream}: ${stream.error}`] : [],
    );
    if (unread.length > 0) return { what, ok: false, detail: `may not ask for streams: ${unread.join('; ')}` };
    const version = bus.nc.info?.version ?? 'of an unknown version';
    return { what, ok: true, detail: `account ${USERS[user].account}, nats-server ${version}` };
  } catch (error) {
    return { what, ok: false, detail: reasonOf(error) };
  }
}
