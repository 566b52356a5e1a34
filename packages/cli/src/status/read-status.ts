import type { Logger } from '@kestrel/runtime';
import type { Connection } from '../connection.ts';
import { lags, type Lag } from './lag.ts';
import { problemsOf } from './problems.ts';
import { readAccount, type AccountStatus } from './read-account.ts';
import { unreadCursors, type CursorsStatus } from './read-cursors.ts';
import type { LeasesStatus } from './read-leases.ts';
import { readServices, type ServiceStatus } from './read-services.ts';
import type { StreamStatus } from './read-streams.ts';
import { readUplinks, type UplinkStatus } from './read-uplink.ts';

/** All that was read, each with where it was read. */
export interface StatusReadings {
  readonly services: readonly ServiceStatus[];
  readonly accounts: readonly AccountStatus[];
  readonly streams: readonly StreamStatus[];
  readonly leases: readonly LeasesStatus[];
  /** What the uplinks say of the cloud. */
  readonly uplinks: readonly UplinkStatus[];
  /** The mirror of the cloud's cursors on the bus. */
  readonly mirror: CursorsStatus;
  readonly lags: readonly Lag[];
}

/** The report of `kestrelctl status`. */
export interface StatusReport extends StatusReadings {
  /** Everything could be read and is ready. */
  readonly ok: boolean;
  /** Why not. */
  readonly problems: readonly string[];
  readonly at: string;
  readonly cluster: Connection['cluster'];
  readonly connection: string;
}

/** Reads everything at once, for as long as the slowest takes; whatever is down is a row with its reason. */
export async function readStatus(file: string, connection: Connection, log: Logger): Promise<StatusReport> {
  const at = new Date().toISOString();
  const [services, data, control] = await Promise.all([
    readServices(connection.services),
    readAccount('inspector', connection, log),
    readAccount('inspector-control', connection, log),
  ]);
  const streams = [...data.streams, ...control.streams];
  const uplinks = readUplinks(services);
  const mirror = control.cursors ?? unreadCursors('the bus cannot be entered');
  const readings: StatusReadings = {
    services,
    accounts: [data.account, control.account],
    streams,
    leases: [data.leases, control.leases],
    uplinks,
    mirror,
    lags: lags(streams, uplinks, mirror.cursors),
  };
  const problems = problemsOf(readings);
  const { cluster } = connection;
  return { ok: problems.length === 0, problems, at, cluster, connection: file, ...readings };
}
