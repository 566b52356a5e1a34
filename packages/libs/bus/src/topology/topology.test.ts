import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { BUCKETS } from './buckets.ts';
import { natsServerConfig } from './server-config.ts';
import { PAYLOAD_BYTES_MAX, STREAMS } from './streams.ts';
import { USERS, USER_NAMES } from './users.ts';

const publicKey = `U${'A'.repeat(55)}`;
const everybody = Object.fromEntries(USER_NAMES.map((name) => [name, { publicKey }]));
const permissions = z.object({
  publish: z.object({ allow: z.array(z.string()) }),
  subscribe: z.object({ allow: z.array(z.string()) }),
});
const account = z.object({
  users: z.array(z.object({ nkey: z.string(), permissions })),
  jetstream: z.string().optional(),
});
const parsed = (text: string) => z.looseObject({ accounts: z.record(z.string(), account) }).parse(JSON.parse(text));

describe('the topology', () => {
  test('given the tables then names and keys agree, and no message is larger than the server takes', () => {
    for (const [key, spec] of Object.entries(STREAMS)) {
      expect(spec.name).toBe(key);
      expect(spec.messageBytesMax).toBeLessThanOrEqual(PAYLOAD_BYTES_MAX);
      expect(USERS[spec.owner].account).toBe(spec.account);
      expect(USERS[spec.owner].provisions).toContain(spec.name);
    }
    for (const [key, spec] of Object.entries(BUCKETS)) expect(spec.name).toBe(key);
    for (const [key, spec] of Object.entries(USERS)) expect(spec.name).toBe(key);
  });

  test('given the limits then all streams and buckets fit into the default store', () => {
    const streams = Object.values(STREAMS).reduce((sum, spec) => sum + spec.bytesMax, 0);
    const buckets = Object.values(BUCKETS).reduce((sum, spec) => sum + spec.bytesMax * spec.accounts.length, 0);
    expect(streams + buckets).toBeLessThan(8 * 1_024 ** 3);
  });

  test('given a user then it subscribes below its own inbox prefix only, inspectors aside', () => {
    for (const spec of Object.values(USERS)) {
      const foreign = spec.subscribe.filter((subject) => subject !== `${spec.inboxPrefix}.>`);
      expect(foreign).toEqual(spec.name === 'inspector' ? ['kestrel.>'] : []);
    }
  });

  test('given any user then none may delete, purge, snapshot or restore', () => {
    for (const { publish } of Object.values(USERS)) {
      for (const subject of publish)
        expect(subject).not.toMatch(/STREAM\.(?:DELETE|PURGE|SNAPSHOT|RESTORE)|MSG\.DELETE|^>|^\$JS\.API\.>/);
    }
  });
});

describe('the server configuration', () => {
  test('given all users then each is in its account, with allow lists; isolated ones in an account of their own', () => {
    const { accounts } = parsed(natsServerConfig({ users: everybody, storeDir: '/s', port: 4222 }));
    expect(Object.keys(accounts).toSorted()).toEqual(['CONTROL', 'DATA', 'DATA_als-gateway', 'DATA_flow-collector']);
    expect(Object.values(accounts).flatMap(({ users }) => users)).toHaveLength(USER_NAMES.length);
    expect(accounts['DATA_flow-collector']?.jetstream).toBeUndefined();
    for (const { users } of Object.values(accounts)) {
      for (const one of users) expect(one.permissions.publish.allow.length).toBeGreaterThan(0);
    }
  });

  test('given some users then the others do not exist', () => {
    const { accounts } = parsed(natsServerConfig({ users: { ingester: { publicKey } }, port: 4222 }));
    expect(accounts['DATA']?.users).toHaveLength(1);
    expect(accounts['CONTROL']?.users).toHaveLength(0);
  });

  test('given no users, or something that is no public key, then there is no configuration', () => {
    expect(() => natsServerConfig({ users: {}, port: 4222 })).toThrow('no user');
    expect(() => natsServerConfig({ users: { ingester: { publicKey: `S${publicKey}` } }, port: 4222 })).toThrow(
      'ingester',
    );
  });

  test('given options then they are in it, and acknowledged means on the disk unless said otherwise', () => {
    const text = natsServerConfig({
      users: everybody,
      storeDir: '/s',
      host: '0.0.0.0',
      port: -1,
      monitorPort: 8222,
      tls: { cert: 'c', key: 'k', ca: 'a' },
    });
    expect(JSON.parse(text)).toMatchObject({
      host: '0.0.0.0',
      port: -1,
      http: '0.0.0.0:8222',
      tls: { cert_file: 'c', key_file: 'k', ca_file: 'a', verify: true },
      jetstream: { store_dir: '/s', sync_interval: 'always' },
    });
  });
});
