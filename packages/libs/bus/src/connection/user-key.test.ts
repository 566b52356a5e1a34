import { createAccount, createUser, fromPublic } from '@nats-io/nkeys';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { userKeyFromSeed } from './user-key.ts';

const seedOf = (key: { getSeed(): Uint8Array }): string => Buffer.from(key.getSeed()).toString('utf8');

describe('a user key', () => {
  test('given seeds of the nkeys library, when read, then public key and signature are what that library accepts', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (nonce) => {
        const user = createUser();
        const key = userKeyFromSeed(seedOf(user));
        expect(key.publicKey).toBe(user.getPublicKey());
        const signature = Buffer.from(key.sign(nonce), 'base64url');
        expect(fromPublic(key.publicKey).verify(Buffer.from(nonce), signature)).toBe(true);
        expect(fromPublic(key.publicKey).verify(Buffer.from(`${nonce}.`), signature)).toBe(false);
      }),
      { numRuns: 10 },
    );
  });

  test('given a seed with one other character, when read, then it is refused and its text is not repeated', () => {
    const seed = seedOf(createUser());
    const damaged = seed.slice(0, 20) + (seed[20] === 'A' ? 'B' : 'A') + seed.slice(21);
    expect(() => userKeyFromSeed(damaged)).toThrow('wrong checksum');
    expect(() => userKeyFromSeed(damaged)).not.toThrow(damaged);
  });

  test.each([
    ['a seed of an account', seedOf(createAccount()), "not a user's seed"],
    ['a public key', createUser().getPublicKey(), 'not an nkey seed'],
    ['lower case', seedOf(createUser()).toLowerCase(), 'not base32'],
    ['nothing', '', 'not an nkey seed'],
  ])('given %s, when read, then it is refused', (_, text, reason) => {
    expect(() => userKeyFromSeed(text)).toThrow(reason);
  });
});
