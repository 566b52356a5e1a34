import fc from 'fast-check';
import { CompactSign, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { OperationalError } from '@kestrel/runtime';
import { bytes, clusterId, commandJson, now, pinnedSigner } from '../../test/command-fixtures.ts';
import type { Signer } from '../../test/command-fixtures.ts';
import type { CommandKeys } from './command-keys.ts';
import { signCommand } from './sign-command.ts';
import { verifyCommand } from './verify-command.ts';
import type { CommandRules } from './verify-command.ts';

let signer: Signer;
let keys: CommandKeys;
let rules: CommandRules;

beforeAll(async () => {
  ({ signer, keys } = await pinnedSigner());
  rules = { keys, clusterId, now };
});

const signed = (over: Record<string, unknown> = {}): Promise<string> => signCommand(bytes(commandJson(over)), signer);

const withHeader = (header: Record<string, unknown>, key = signer.key): Promise<string> =>
  new CompactSign(bytes(commandJson()))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'kestrel-command+jws', kid: signer.kid, ...header })
    .sign(key, { crit: { 'urn:test': true } });

async function refusedFor(jws: Uint8Array | string, over: Partial<CommandRules> = {}): Promise<string> {
  try {
    await verifyCommand(jws, { ...rules, ...over });
  } catch (error) {
    if (!(error instanceof OperationalError) || error.retryable) throw error;
    return error.code;
  }
  return 'accepted';
}

describe('a command that is good', () => {
  it('gives back the exact bytes that were signed, its header and its envelope', async () => {
    const payload = bytes(commandJson());
    const verified = await verifyCommand(await signCommand(payload, signer), rules);
    expect(Buffer.from(verified.payload)).toEqual(Buffer.from(payload));
    expect(verified.header).toEqual({ alg: 'EdDSA', typ: 'kestrel-command+jws', kid: signer.kid });
    expect(verified.envelope).toEqual({
      id: 'cmd-00000001',
      clusterId,
      issuedAtMs: now - 1_000,
      expiresAtMs: now + 59_000,
      requester: 'alice@example.test',
      class: 'COMMAND_CLASS_READ',
      nonce: 'bm9uY2U',
    });
  });

  it('is accepted as bytes as well as as text', async () => {
    expect(await refusedFor(new TextEncoder().encode(await signed()))).toBe('accepted');
  });

  it('is accepted with the longest life, the largest size and a signer whose clock is a little ahead', async () => {
    const jws = await signed({
      issuedAt: new Date(now + 30_000).toISOString(),
      expiresAt: new Date(now + 630_000).toISOString(),
    });
    expect(await refusedFor(jws, { sizeMax: jws.length })).toBe('accepted');
  });
});

describe('a command is refused', () => {
  it.each([
    ['text that is not a JWS', 'malformed', 'hello'],
    ['a JWS without signature', 'malformed', 'e30.e30.'],
    ['a JWS in JSON form', 'malformed', '{"payload":"e30","signatures":[]}'],
  ])('as %s', async (_, code, jws) => {
    expect(await refusedFor(jws)).toBe(code);
  });

  it('when it is one byte too large, before anything else is looked at', async () => {
    const jws = await signed();
    expect(await refusedFor(jws, { sizeMax: jws.length - 1 })).toBe('too_large');
    expect(await refusedFor('x'.repeat(101), { sizeMax: 100 })).toBe('too_large');
  });

  it('when its header names another algorithm', async () => {
    const ec = await generateKeyPair('ES256');
    expect(await refusedFor(await withHeader({ alg: 'ES256' }, ec.privateKey))).toBe('wrong_alg');
    const none = Buffer.from('{"alg":"none","typ":"kestrel-command+jws","kid":"command-key-1"}').toString('base64url');
    expect(await refusedFor(`${none}.e30.e30`)).toBe('wrong_alg');
  });

  it('when it is another kind of signed document by the same key', async () => {
    expect(await refusedFor(await withHeader({ typ: 'kestrel-approval+jws' }))).toBe('wrong_typ');
    expect(await refusedFor(await withHeader({ typ: 'KESTREL-COMMAND+JWS' }))).toBe('wrong_typ');
  });

  it('when its key is not pinned, or it brings one', async () => {
    expect(await refusedFor(await withHeader({ kid: 'somebody-else' }))).toBe('unknown_key');
    expect(await refusedFor(await withHeader({ kid: undefined }))).toBe('unknown_key');
    expect(await refusedFor(await withHeader({ jwk: { kty: 'OKP' } }))).toBe('malformed');
    expect(await refusedFor(await withHeader({ crit: ['urn:test'], 'urn:test': 1 }))).toBe('malformed');
  });

  it('when another key signed it under a pinned name', async () => {
    const other = await pinnedSigner(signer.kid);
    expect(await refusedFor(await signCommand(bytes(commandJson()), other.signer))).toBe('signature_invalid');
  });

  it('when its payload was exchanged', async () => {
    const [header, , signature] = (await signed()).split('.');
    const [, payload] = (await signed({ requester: 'mallory' })).split('.');
    expect(await refusedFor(`${header}.${payload}.${signature}`)).toBe('signature_invalid');
  });

  it('when its signature holds but its envelope does not', async () => {
    const cases = [
      'not json',
      '[]',
      commandJson({ id: 'short' }),
      commandJson({ id: 'has.dots.in.it' }),
      commandJson({ issuedAt: 'yesterday' }),
      commandJson({ class: 1 }),
      commandJson({ expiresAt: commandJson()['issuedAt'] }),
    ];
    for (const json of cases) expect(await refusedFor(await signCommand(bytes(json), signer))).toBe('malformed');
    const notUtf8 = Buffer.from(JSON.stringify(commandJson({ requester: '\u00ff' })), 'latin1');
    expect(await refusedFor(await signCommand(notUtf8, signer))).toBe('malformed');
  });

  it('when it is for another cluster', async () => {
    expect(await refusedFor(await signed({ clusterId: 'cluster-2' }))).toBe('wrong_cluster');
  });

  it('from the moment at which it expires', async () => {
    const jws = await signed();
    expect(await refusedFor(jws, { now: now + 58_999 })).toBe('accepted');
    expect(await refusedFor(jws, { now: now + 59_000 })).toBe('expired');
  });

  it('when it is issued in the future', async () => {
    expect(await refusedFor(await signed({ issuedAt: new Date(now + 30_001).toISOString() }))).toBe('issued_in_future');
  });

  it('when it would live too long', async () => {
    const jws = await signed({
      issuedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + 600_001).toISOString(),
    });
    expect(await refusedFor(jws)).toBe('lifetime_too_long');
    expect(await refusedFor(jws, { maxLifetimeMs: 600_001 })).toBe('accepted');
  });
});

describe('any change of a signed command', () => {
  it('of one byte is refused', async () => {
    const jws = Buffer.from(await signed(), 'latin1');
    await fc.assert(
      fc.asyncProperty(fc.nat(jws.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(jws);
        changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
        expect(await refusedFor(changed)).not.toBe('accepted');
      }),
      { numRuns: 400 },
    );
  });

  it('of the last character, which has unused bits, is refused too', async () => {
    const jws = await signed();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const accepted = [];
    for (const last of alphabet) if ((await refusedFor(jws.slice(0, -1) + last)) === 'accepted') accepted.push(last);
    expect(accepted).toEqual([jws.at(-1)]);
  });

  it('by cutting or lengthening is refused', async () => {
    const jws = await signed();
    await fc.assert(
      fc.asyncProperty(fc.nat(jws.length - 1), fc.string({ minLength: 1, maxLength: 4 }), async (length, tail) => {
        expect(await refusedFor(jws.slice(0, length))).not.toBe('accepted');
        expect(await refusedFor(jws + tail)).not.toBe('accepted');
      }),
    );
  });
});

describe('what is no command at all', () => {
  it('is refused with a code and never throws anything else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (noise) => {
        expect(await refusedFor(noise)).toBe('malformed');
      }),
    );
    const b64 = fc.uint8Array({ minLength: 1, maxLength: 80 }).map((part) => Buffer.from(part).toString('base64url'));
    await fc.assert(
      fc.asyncProperty(fc.tuple(b64, b64, b64), async (parts) => {
        expect(await refusedFor(parts.join('.'))).not.toBe('accepted');
      }),
    );
  });
});
