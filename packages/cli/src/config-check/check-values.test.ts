import { generateKeyPairSync } from 'node:crypto';
import { certificateAuthority } from '@kestrel/testkit';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { checkValues } from './check-values.ts';

const now = new Date();
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'EdDSA' };
const privateJwk = { ...privateKey.export({ format: 'jwk' }), kid: 'k1' };
const privatePem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

type Loose = Record<string, unknown>;

async function values() {
  const oauth2: Loose = { issuer: 'https://id.example', clientId: 'c', clientSecret: 's', audience: 'a' };
  const commandKeys: { keys: unknown[] } = { keys: [publicJwk] };
  const cloud: Loose & { oauth2: Loose; commandKeys: { keys: unknown[] } } = {
    address: 'cloud.example:443',
    enrollmentAddress: 'enroll.example:443',
    caPem: (await certificateAuthority()).certPem,
    oauth2,
    commandKeys,
  };
  return { global: { cluster: { id: 'c-1', name: 'demo' }, cloud } };
}
type Values = Awaited<ReturnType<typeof values>>;

async function problems(spoil: (good: Values) => void | Promise<void>): Promise<string[]> {
  const good = await values();
  await spoil(good);
  return checkValues(stringify(good), now);
}

describe('checkValues', () => {
  test('given what onboarding writes then there is no problem', async () => {
    expect(await problems(() => undefined)).toEqual([]);
  });

  test('given other values of the chart, an existing secret and the system authorities then there is no problem', async () => {
    const spoiled = problems((good) => {
      Object.assign(good, { ingester: { replicas: 2 } });
      delete good.global.cloud['caPem'];
      delete good.global.cloud.oauth2['clientSecret'];
      good.global.cloud.oauth2['existingSecret'] = { name: 'mine' };
    });
    expect(await spoiled).toEqual([]);
  });

  const spoils: [string, (good: Values) => void | Promise<void>, RegExp][] = [
    ['no cluster id', (v) => void (v.global.cluster.id = ''), /^global\.cluster\.id: /],
    [
      'a cluster id that no certificate may hold',
      (v) => void (v.global.cluster.id = 'a b'),
      /^global\.cluster\.id: must/,
    ],
    [
      'an address with a scheme',
      (v) => void (v.global.cloud['address'] = 'https://c:1'),
      /^global\.cloud\.address: must be host:port/,
    ],
    [
      'a port that is none',
      (v) => void (v.global.cloud['address'] = 'c:70000'),
      /^global\.cloud\.address: must be host:port/,
    ],
    [
      'an issuer without TLS',
      (v) => void (v.global.cloud.oauth2['issuer'] = 'http://id'),
      /^global\.cloud\.oauth2\.issuer: must be an https/,
    ],
    [
      'a query in the issuer',
      (v) => void (v.global.cloud.oauth2['issuer'] = 'https://id?x=1'),
      /^global\.cloud\.oauth2\.issuer: must/,
    ],
    ['no client id', (v) => void delete v.global.cloud.oauth2['clientId'], /^global\.cloud\.oauth2\.clientId: /],
    [
      'no secret at all',
      (v) => void delete v.global.cloud.oauth2['clientSecret'],
      /^global\.cloud\.oauth2: needs either/,
    ],
    [
      'two secrets',
      (v) => void (v.global.cloud.oauth2['existingSecret'] = { name: 'x' }),
      /^global\.cloud\.oauth2: needs either/,
    ],
    ['text for a certificate', (v) => void (v.global.cloud['caPem'] = 'hello'), /^global\.cloud\.caPem: holds no PEM/],
    [
      'a broken certificate',
      (v) => void (v.global.cloud['caPem'] = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
      /^global\.cloud\.caPem: cannot be parsed/,
    ],
    [
      'a certificate that is no authority',
      async (v) => {
        const ca = await certificateAuthority();
        v.global.cloud['caPem'] = (await ca.issue({ commonName: 'x', serverAuth: true })).certPem.split('\n\n')[0];
      },
      /is no certificate authority/,
    ],
    [
      'no command key',
      (v) => void (v.global.cloud.commandKeys.keys = []),
      /^global\.cloud\.commandKeys\.keys: no Ed25519 key/,
    ],
    [
      'a key of another curve',
      (v) => void (v.global.cloud.commandKeys.keys = [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k' }]),
      /^global\.cloud\.commandKeys\.keys\[0\]\.crv: /,
    ],
    [
      'two keys of one id',
      (v) => void v.global.cloud.commandKeys.keys.push(publicJwk),
      /^global\.cloud\.commandKeys: key ids must be different/,
    ],
    [
      'an approver key',
      (v) => void (v.global.cloud['approverKeys'] = {}),
      /^global\.cloud\.approverKeys: approvers' keys are never/,
    ],
  ];
  test.each(spoils)('given %s then that is told, and only that', async (_, spoil, message) => {
    const found = await problems(spoil);
    expect(found.length).toBeGreaterThan(0);
    for (const problem of found.filter((text) => !/crv|kty|\.x: /.test(text))) expect(problem).toMatch(message);
    expect(found.some((problem) => message.test(problem))).toBe(true);
  });

  test('given private keys by mistake then each is told by its place and never shown', async () => {
    const found = await problems((good) => {
      good.global.cloud.commandKeys.keys = [privateJwk];
      good.global.cloud['tls'] = { key: privatePem };
    });
    expect(found).toEqual([
      'global.cloud.commandKeys.keys[0].d: a private key must never be here',
      'global.cloud.tls.key: a private key must never be here',
    ]);
    expect(found.join()).not.toContain(privateJwk.d);
  });

  test('given a private key beside the authority then it is told once', async () => {
    const found = await problems(
      (good) => void (good.global.cloud['caPem'] = `${String(good.global.cloud['caPem'])}\n${privatePem}`),
    );
    expect(found).toEqual(['global.cloud.caPem: a private key must never be here']);
  });

  test('given an expired authority then the day it expired is told', async () => {
    const yaml = stringify(await values());
    const later = new Date(now.getTime() + 100 * 365 * 86_400_000);
    expect(checkValues(yaml, later)).toEqual([expect.stringMatching(/^global\.cloud\.caPem: expired at \d{4}-/)]);
    expect(checkValues(yaml, new Date(0))).toEqual([
      expect.stringMatching(/^global\.cloud\.caPem: is not valid before /),
    ]);
  });

  test('given several problems then all are told', async () => {
    const found = await problems((good) => {
      good.global.cloud.oauth2['issuer'] = 'ftp://x';
      good.global.cloud['address'] = 'nowhere';
      good.global.cloud.commandKeys.keys = [];
    });
    expect(found).toHaveLength(3);
  });

  test.each([
    ['a: [', /^YAML: /],
    ['a: 1\na: 2\n', /^YAML: Map keys must be unique/],
    ['just text', /^file: /],
    ['', /^file: /],
  ])('given %j then it is no values file', (yaml, message) => {
    expect(checkValues(yaml, now)[0]).toMatch(message);
  });
});
