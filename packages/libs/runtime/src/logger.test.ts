import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OperationalError } from './errors.ts';
import { createLogger } from './logger.ts';
import { Secret } from './secret.ts';

const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1cGxpbmsifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';
const seed = `SU${'A'.repeat(56)}`;
const record = z.record(z.string(), z.unknown());

function capture(format: 'json' | 'pretty' = 'json') {
  const lines: string[] = [];
  const log = createLogger({
    service: 'uplink',
    instance: 'uplink-0',
    level: 'debug',
    format,
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines, last: () => record.parse(JSON.parse(lines.at(-1) ?? '')) };
}

describe('createLogger', () => {
  it('writes one object per line with level, time, service, instance, fields and message', () => {
    const { log, last } = capture();
    log.info({ stream: 'KESTREL_RESOURCES', seq: 7 }, 'batch is committed');
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      service: 'uplink',
      instance: 'uplink-0',
      stream: 'KESTREL_RESOURCES',
      seq: 7,
      msg: 'batch is committed',
    });
  });

  it('shows the whole chain of an error with codes, and the stack of the innermost cause', () => {
    const { log, last } = capture();
    const root = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    log.error({ err: new OperationalError('unavailable', 'cloud is away', { cause: root }) }, 'session ends');
    expect(last()['err']).toEqual({
      name: 'OperationalError',
      code: 'unavailable',
      message: 'cloud is away',
      causes: [{ name: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' }],
      stack: expect.stringContaining('logger.test.ts'),
    });
  });

  it('leaves out the stack of a failure that was expected', () => {
    const { log, last } = capture();
    log.error(new OperationalError('unavailable', 'cloud is away'));
    expect(last()['err']).toEqual({ name: 'OperationalError', code: 'unavailable', message: 'cloud is away' });
    expect(last()['msg']).toBe('cloud is away');
  });

  it.each([
    ['a field by its name', { headers: { Authorization: 'Basic dXNlcjpwYXNz' } }, 'dXNlcjpwYXNz'],
    ['a nested field', { request: { body: { client_secret: 'hunter2' } } }, 'hunter2'],
    ['a field in a list', { users: [{ nkeySeed: 'hunter2' }] }, 'hunter2'],
    ['a secret that is an object', { credentials: { key: 'hunter2' } }, 'hunter2'],
    ['a Secret', { anything: new Secret('hunter2') }, 'hunter2'],
    ['a JWT in any field', { note: `got ${jwt}` }, jwt],
    ['a JWT glued to a word', { note: `token-${jwt}` }, jwt],
    ['an nkey seed in any field', { note: seed }, seed],
    ['a URL password', { url: 'nats://user:hunter2@host:4222' }, 'hunter2'],
    ['an error message', { err: new Error(`401 for Bearer abcdefgh12345678`) }, 'abcdefgh12345678'],
    ['a cause', { err: new Error('refused', { cause: new Error(`bad token ${jwt}`) }) }, jwt],
    ['a private key', { pem: '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMB\n-----END PRIVATE KEY-----' }, 'MIGHAgEAMB'],
  ])('redacts %s', (_, fields, secret) => {
    const { log, lines } = capture();
    log.info(fields, 'something happens');
    expect(lines.join('')).not.toContain(secret);
    expect(lines.join('')).toContain('[redacted]');
  });

  it('redacts messages, their arguments and the bindings of child loggers', () => {
    const { log, lines } = capture();
    log.child({ token: 'hunter2', peer: jwt }).info('sends Bearer %s', 'abcdefgh12345678');
    expect(lines.join('')).not.toMatch(/hunter2|abcdefgh12345678|eyJ/);
    expect(lines.join('')).toContain('"token":"[redacted]","peer":"[redacted]"');
  });

  it('redacts a secret that follows a line break, which JSON writes as a letter', () => {
    const { log, lines } = capture();
    log.child({ answer: `refused\n${jwt}` }).warn(`refused\nBearer abcdefgh12345678\n${seed}`);
    expect(lines.join('')).not.toMatch(/abcdefgh12345678|eyJ|SUAAA/);
  });

  it('stays one JSON object when a private key is cut in the middle', () => {
    const { log, last } = capture();
    log.child({ after: 'kept' }).warn('-----BEGIN EC PRIVATE KEY-----\nMIGHAgEAMB');
    expect(last()).toMatchObject({ after: 'kept', msg: '[redacted]' });
  });

  it('leaves what is no secret as it is', () => {
    const { log, last } = capture();
    const fields = {
      tokenUrl: 'https://issuer.example/token',
      secretName: 'kestrel-uplink',
      keyFile: '/run/keys/uplink.nk',
      digest: 'f'.repeat(64),
      userKey: `UA${'B'.repeat(54)}`,
      basic: 'basic authentication is off',
      at: new Date(0),
      count: 12n,
    };
    log.info(fields, 'bearer of news');
    expect(last()).toMatchObject({ ...fields, at: '1970-01-01T00:00:00.000Z', count: '12' });
    expect(last()['msg']).toBe('bearer of news');
  });

  it('bounds depth, width and length of what a line carries', () => {
    const { log, lines, last } = capture();
    const cyclic: Record<string, unknown> = {
      list: Array.from({ length: 10_000 }, (_, i) => i),
      text: 'x'.repeat(1e6),
    };
    cyclic['self'] = cyclic;
    log.info({ cyclic, bytes: new Uint8Array(5) }, 'large');
    expect(lines.join('').length).toBeLessThan(100_000);
    expect(last()['bytes']).toBe('[5 bytes]');
  });

  it('writes one line for people when asked to', () => {
    const { log, lines } = capture('pretty');
    log.warn({ component: 'bus', reason: 'not connected' }, 'component is not ready');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} .*WARN .* uplink +component is not ready {2}component=bus {2}reason="not connected"\n$/,
    );
  });
});
