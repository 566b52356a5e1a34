import { randomInt } from 'node:crypto';
import { errorChain, OperationalError } from '@kestrel/runtime';
import { connect, errors } from '@nats-io/transport-node';
import type { Authenticator, NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { USERS } from '../topology/users.ts';
import type { Bus, BusOptions } from './bus.ts';
import { DialledSockets } from './dialled-sockets.ts';
import { NatsBus } from './nats-bus.ts';
import { userKeyFromSeed } from './user-key.ts';
import { isServerNewEnough, SERVER_VERSION_MIN } from './server-version.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Dead after `PINGS_UNANSWERED_MAX` × this without a pong. */
const PING_INTERVAL_MS = 3_000;
const PINGS_UNANSWERED_MAX = 2;
const RECONNECT_DELAY_MIN_MS = 100;
const RECONNECT_DELAY_MAX_MS = 2_000;

/**
 * Connects once and then keeps the connection for ever (full jitter between 0.1 and 2 s per server, ping 3 s × 2). The
 * first attempt, of each server once, is not repeated here: the caller shows the reason and tries again with its own
 * backoff. A failed attempt leaves no socket behind.
 *
 * @throws OperationalError `bus_unauthorized` (unknown key or wrong seed), `bus_unreachable`, `bus_too_old` (server
 * below 2.12), all retryable: keys, servers and versions change without this process; `bus_seed_invalid`, not retryable.
 */
export async function connectBus(o: BusOptions): Promise<Bus> {
  const nc = await firstConnection(o);
  const version = nc.info?.version ?? 'unknown';
  if (!isServerNewEnough(version)) {
    await nc.close();
    const { major, minor } = SERVER_VERSION_MIN;
    throw new OperationalError(
      'bus_too_old',
      `nats-server ${version} is too old: ${major}.${minor} or newer is needed`,
    );
  }
  o.log.info({ server: nc.getServer(), version, user: o.user }, 'bus is connected');
  return new NatsBus(nc, o);
}

async function firstConnection(o: BusOptions): Promise<NatsConnection> {
  const options = connectionOptions(o);
  const sockets = new DialledSockets();
  try {
    const nc = await sockets.during(() => connect(options));
    sockets.keep();
    return nc;
  } catch (error) {
    sockets.abandon();
    const reason = errorChain(error)
      .map((link) => link.message)
      .join(': ');
    if (error instanceof errors.AuthorizationError) {
      throw new OperationalError('bus_unauthorized', `the bus refuses user ${o.user}: ${reason}`, { cause: error });
    }
    throw new OperationalError('bus_unreachable', `no bus at ${o.servers.join(', ')}: ${reason}`, { cause: error });
  }
}

function connectionOptions(o: BusOptions): NodeConnectionOptions {
  return {
    servers: [...o.servers],
    name: `${o.service}/${o.instance}`,
    authenticator: authenticator(o),
    inboxPrefix: USERS[o.user].inboxPrefix,
    tls: o.tls === undefined ? null : { ...o.tls },
    timeout: o.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: PINGS_UNANSWERED_MAX,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => randomInt(RECONNECT_DELAY_MIN_MS, RECONNECT_DELAY_MAX_MS),
    // A key that is refused today may be known after the server's configuration was reloaded.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  };
}

function authenticator(o: BusOptions): Authenticator {
  try {
    const key = userKeyFromSeed(o.seed.trim());
    return (nonce) => ({ nkey: key.publicKey, sig: nonce === undefined ? '' : key.sign(nonce) });
  } catch (error) {
    throw new OperationalError('bus_seed_invalid', `the nkey seed of user ${o.user} cannot be used`, {
      retryable: false,
      cause: error,
    });
  }
}
