import { USERS, type Account } from '@kestrel/bus';
import type { Logger } from '@kestrel/runtime';
import { connectAs, type CliUser } from '../connect-as.ts';
import type { Connection } from '../connection.ts';
import { reasonOf } from '../failure-line.ts';
import { readCursors, unreadCursors, type CursorsStatus } from './read-cursors.ts';
import { readLeases, unreadLeases, type LeasesStatus } from './read-leases.ts';
import { readStreams, unreadStreams, type StreamStatus } from './read-streams.ts';

/** Whether an account of the bus could be entered, as whom, and where. */
export interface AccountStatus {
  readonly account: Account;
  readonly user: CliUser;
  /** The server that answered, or those that were tried. */
  readonly from: string;
  readonly connected: boolean;
  readonly error?: string;
}

/** All that is read in one account. */
export interface AccountReport {
  readonly account: AccountStatus;
  readonly streams: readonly StreamStatus[];
  readonly leases: LeasesStatus;
  /** Only in the account that holds the mirror of the cloud's cursors. */
  readonly cursors?: CursorsStatus;
}

/** Reads one account; what can't be read is a row with its reason. */
export async function readAccount(user: CliUser, connection: Connection, log: Logger): Promise<AccountReport> {
  const { account } = USERS[user];
  const hasCursors = account === 'CONTROL';
  try {
    await using bus = await connectAs(user, connection, log);
    const [streams, leases, cursors] = await Promise.all([
      readStreams(bus),
      readLeases(bus),
      hasCursors ? readCursors(bus) : undefined,
    ]);
    const from = bus.nc.getServer();
    return { account: { account, user, from, connected: true }, streams, leases, ...(cursors && { cursors }) };
  } catch (caught) {
    const error = reasonOf(caught);
    return {
      account: { account, user, from: connection.nats.servers.join(', '), connected: false, error },
      streams: unreadStreams(account, 'the bus cannot be entered'),
      leases: unreadLeases(account, 'the bus cannot be entered'),
      ...(hasCursors && { cursors: unreadCursors('the bus cannot be entered') }),
    };
  }
}
