import { ACCOUNTS } from './accounts.ts';
import { PAYLOAD_BYTES_MAX } from './streams.ts';
import { USERS, USER_NAMES } from './users.ts';
import type { UserSpec } from './users.ts';
import type { UserName } from './user-names.ts';

/** What a deployment decides about its server; everything else comes from the topology. */
export interface ServerConfigOptions {
  /** Public nkeys (`U…`). A user without a key does not exist on the server. */
  readonly users: Partial<Record<UserName, { publicKey: string }>>;
  /** Folder of the streams. Left out when the server gets it as an argument (`--store_dir`): it refuses both. */
  readonly storeDir?: string;
  /** Address to listen on. @defaultValue 127.0.0.1 */
  readonly host?: string;
  /** -1 lets the system choose. */
  readonly port: number;
  /** Serves /healthz, /jsz, /varz on the same address when given. */
  readonly monitorPort?: number;
  /**
   * `always` puts every acknowledged write on the disk first: on a single server it is otherwise up to two minutes away
   * from it. @defaultValue always
   */
  readonly syncInterval?: 'always' | `${number}${'s' | 'm'}`;
  /** PEM file names; the server then takes TLS connections only, and asks for client certificates of `ca` if it is given. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Disk space for all streams together; must hold the sum of their limits. @defaultValue 8 GiB */
  readonly maxStoreBytes?: number;
  readonly serverName?: string;
}

const STORE_BYTES_DEFAULT = 8 * 1_024 ** 3;
const MEMORY_BYTES = 64 * 1_024 ** 2;

/**
 * The configuration file of a nats-server (≥ 2.12) with this topology: accounts with JetStream, one nkey user per
 * service, allow lists only. No user may be anonymous, use `allow_responses`, or reach the system account.
 *
 * @throws Error when no user has a key, or a key is not a public user nkey: such a server would be useless or open.
 */
export function natsServerConfig(o: ServerConfigOptions): string {
  const host = o.host ?? '127.0.0.1';
  const tls = o.tls && {
    cert_file: o.tls.cert,
    key_file: o.tls.key,
    ...(o.tls.ca === undefined ? {} : { ca_file: o.tls.ca, verify: true }),
  };
  const config = {
    ...(o.serverName === undefined ? {} : { server_name: o.serverName }),
    host,
    port: o.port,
    ...(o.monitorPort === undefined ? {} : { http: `${host}:${o.monitorPort}` }),
    max_payload: PAYLOAD_BYTES_MAX,
    ping_interval: '5s',
    ping_max: 2,
    ...(tls ? { tls } : {}),
    jetstream: {
      ...(o.storeDir === undefined ? {} : { store_dir: o.storeDir }),
      max_memory_store: MEMORY_BYTES,
      max_file_store: o.maxStoreBytes ?? STORE_BYTES_DEFAULT,
      sync_interval: o.syncInterval ?? 'always',
    },
    accounts: accounts(o.users),
  };
  // The server's format is a superset of JSON.
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

type Keys = ServerConfigOptions['users'];

function accounts(keys: Keys): Record<string, unknown> {
  const known = USER_NAMES.filter((name) => keys[name] !== undefined).map((name) => USERS[name]);
  if (known.length === 0) throw new Error('no user has a public key');
  const shared = ACCOUNTS.map((account): [string, unknown] => {
    const members = known.filter((spec) => spec.account === account);
    return [
      account,
      {
        jetstream: 'enabled',
        users: members.filter((spec) => !spec.isolated).map((spec) => userEntry(spec, keys)),
        exports: members.filter((spec) => spec.isolated).flatMap(exportsFor),
      },
    ];
  });
  const own = known
    .filter((spec) => spec.isolated)
    .map((spec): [string, unknown] => [
      isolatedAccount(spec),
      {
        users: [userEntry(spec, keys)],
        imports: spec.publish.map((subject) => ({ service: { account: spec.account, subject } })),
      },
    ]);
  return Object.fromEntries([...shared, ...own]);
}

function isolatedAccount(spec: UserSpec): string {
  return `${spec.account}_${spec.name}`;
}

function exportsFor(spec: UserSpec): unknown[] {
  return spec.publish.map((service) => ({ service, accounts: [isolatedAccount(spec)] }));
}

function userEntry(spec: UserSpec, keys: Keys): Record<string, unknown> {
  const publicKey = keys[spec.name]?.publicKey ?? '';
  if (!/^U[A-Z2-7]{55}$/.test(publicKey)) throw new Error(`${spec.name}: not a public user nkey`);
  return {
    nkey: publicKey,
    permissions: { publish: { allow: spec.publish }, subscribe: { allow: spec.subscribe } },
  };
}
