import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, envTable, envTableMarkdown } from '@kestrel/runtime';
import { certificateAuthority, tempDir } from '@kestrel/testkit';
import { nkeys } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { readConfig, shape } from './config.ts';

const seed = () => new TextDecoder().decode(nkeys.createUser().getSeed());

async function goodEnv(directory: string): Promise<Record<string, string>> {
  const file = async (name: string, content: string) => {
    await writeFile(join(directory, name), content);
    return join(directory, name);
  };
  const { publicKey } = generateKeyPairSync('ed25519');
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1' };
  return {
    CLUSTER_ID: 'cluster-1',
    CLOUD_ADDRESS: 'cloud.example.test:443',
    CERTIFICATE_DIR: directory,
    OAUTH2_ISSUER: 'https://issuer.example.test',
    OAUTH2_CLIENT_ID: 'client',
    OAUTH2_CLIENT_SECRET_FILE: await file('secret', 'value'),
    COMMAND_KEYS_FILE: await file('keys.json', JSON.stringify({ keys: [jwk] })),
    NATS_URLS: 'nats://127.0.0.1:4222',
    NATS_DATA_SEED_FILE: await file('data.nk', seed()),
    NATS_CONTROL_SEED_FILE: await file('control.nk', seed()),
  };
}

function problemsOf(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  test('given what is needed, then it is read, and enrolment goes to the cloud itself', async () => {
    await using directory = await tempDir();
    const config = readConfig(await goodEnv(directory.path));
    expect(config).toMatchObject({
      clusterId: 'cluster-1',
      cloud: { address: 'cloud.example.test:443', enrollmentAddress: 'cloud.example.test:443' },
      certificate: { kind: 'directory' },
      nats: { servers: ['nats://127.0.0.1:4222'], replicas: 1 },
    });
    expect(JSON.stringify(config)).not.toMatch(/"SU|"value"/);
  });

  test('given nothing, then every problem is named at once', () => {
    const problems = problemsOf({});
    for (const name of ['CLUSTER_ID', 'CLOUD_ADDRESS', 'OAUTH2_ISSUER', 'COMMAND_KEYS_FILE', 'NATS_URLS']) {
      expect(problems).toContain(`${name}: is required`);
    }
  });

  test.each([
    ['a plaintext issuer', { OAUTH2_ISSUER: 'http://issuer.example.test' }, /OAUTH2_ISSUER/],
    ['an address without port', { CLOUD_ADDRESS: 'cloud.example.test' }, /CLOUD_ADDRESS/],
    ['a port that does not exist', { CLOUD_ADDRESS: 'cloud.example.test:65536' }, /CLOUD_ADDRESS: has no port/],
    ['port zero', { ENROLLMENT_ADDRESS: 'cloud.example.test:0' }, /ENROLLMENT_ADDRESS: has no port/],
    ['a server of the bus without scheme', { NATS_URLS: 'bus:4222' }, /NATS_URLS: item 1 does not match/],
    ['a server of the bus with a port too high', { NATS_URLS: 'nats://bus:70000' }, /NATS_URLS: is not an address/],
    ['a proxy that wants TLS', { HTTPS_PROXY: 'https://proxy.example.test:3128' }, /HTTPS_PROXY: is not a http URL/],
    ['a proxy with a password in it', { HTTPS_PROXY: 'http://u:p@proxy.example.test:3128' }, /belong in a file/],
    ['two places for the certificate', { CERTIFICATE_SECRET: 'kestrel-uplink' }, /exactly one of them says where/],
    ['no place for the certificate', { CERTIFICATE_DIR: '' }, /exactly one of them says where/],
    [
      'a Secret without a namespace',
      { CERTIFICATE_DIR: '', CERTIFICATE_SECRET: 'kestrel-uplink' },
      /needs the namespace/,
    ],
    ['no proof of the client', { OAUTH2_CLIENT_SECRET_FILE: '' }, /exactly one of them proves the client/],
    ['no server of the bus', { NATS_URLS: ',' }, /NATS_URLS/],
  ])('given %s, then that is said', async (_name, over, expected) => {
    await using directory = await tempDir();
    expect(problemsOf({ ...(await goodEnv(directory.path)), ...over }).join('\n')).toMatch(expected);
  });

  test.each([
    ['no JSON', 'not json'],
    ['no keys', '{"keys":[]}'],
    ['a private key', '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"AAAA","d":"AAAA"}]}'],
  ])('given a key file with %s, then it is refused', async (_name, content) => {
    await using directory = await tempDir();
    const env = await goodEnv(directory.path);
    await writeFile(env['COMMAND_KEYS_FILE'] ?? '', content);
    expect(problemsOf(env).join('\n')).toMatch(/^COMMAND_KEYS_FILE/);
  });

  test.each(['CLOUD_CA_FILE', 'OAUTH2_CA_FILE', 'NATS_CA_FILE'])(
    'given a %s, then it must hold certificates',
    async (name) => {
      await using directory = await tempDir();
      const env = { ...(await goodEnv(directory.path)), NATS_URLS: 'tls://bus:4222' };
      const path = join(directory.path, 'ca.pem');
      const problem = async (content: string) => {
        await writeFile(path, content);
        return problemsOf({ ...env, [name]: path }).join('\n');
      };
      const [one, other] = await Promise.all([certificateAuthority('one'), certificateAuthority('other')]);
      expect(await problem(`${one.certPem}\n${other.certPem}`)).toBe('');
      expect(await problem('no certificate')).toBe(`${name}: holds no certificate in PEM`);
      expect(await problem(`${one.certPem}\n${other.certPem.replace('MII', 'AAA')}`)).toMatch(
        /certificate 2 cannot be read/,
      );
      expect(problemsOf({ ...env, [name]: '/no/such/file' }).join('\n')).toBe(`${name}: cannot be read: ENOENT`);
    },
  );

  test('given a CA for the bus and an address without TLS, then that is said', async () => {
    await using directory = await tempDir();
    const { certPem } = await certificateAuthority();
    const NATS_CA_FILE = join(directory.path, 'ca.pem');
    await writeFile(NATS_CA_FILE, certPem);
    const env = { ...(await goodEnv(directory.path)), NATS_CA_FILE };
    expect(problemsOf(env).join('\n')).toMatch(/every address must begin with tls:/);
  });

  test.each([
    ['text', () => 'password'],
    ['the seed of an account', () => new TextDecoder().decode(nkeys.createAccount().getSeed())],
    ['a seed with a letter changed', () => seed().replace(/(?<=^.{20})./, (letter) => (letter === 'A' ? 'B' : 'A'))],
  ])('given %s as the seed of the bus, then it is refused and not repeated', async (_name, make) => {
    await using directory = await tempDir();
    const env = await goodEnv(directory.path);
    const content = make();
    await writeFile(env['NATS_DATA_SEED_FILE'] ?? '', content);
    const problems = problemsOf(env).join('\n');
    expect(problems).toMatch(/^NATS_DATA_SEED_FILE: holds no user's nkey seed/);
    expect(problems).not.toContain(content);
  });

  test('given proxies in lower case, then these count', async () => {
    await using directory = await tempDir();
    const env = await goodEnv(directory.path);
    const config = readConfig({
      ...env,
      https_proxy: 'http://proxy.example.test:3128',
      HTTPS_PROXY: 'http://other.test',
    });
    expect(config.proxy.httpsProxy).toBe('http://proxy.example.test:3128');
  });
});

test('the README has the table of variables, and example.env names each', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(envTableMarkdown(shape));
  const example = await readFile(new URL('../example.env', import.meta.url), 'utf8');
  for (const { name } of envTable(shape)) expect(example).toMatch(new RegExp(`^#? ?${name}=`, 'm'));
});
