import { importJWK } from 'jose';
import type { CryptoKey } from 'jose';
import * as z from 'zod';
import { OperationalError } from '@kestrel/runtime';

/** Keys that may be pinned at once: two, and a successor for each, with room. */
const keysMax = 16;
const kidCharsMax = 128;

const commandKeySchema = z
  .object({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url'),
    kid: z.string().min(1).max(kidCharsMax),
    alg: z.enum(['EdDSA', 'Ed25519']).optional(),
    use: z.literal('sig').optional(),
    d: z.undefined({ error: 'a private key must never be here' }).optional(),
  })
  .readonly();

/**
 * A JWKS (RFC 7517) of the cloud's public command keys: Ed25519 only (RFC 8037), each with a `kid` of its own, no private
 * parts; 1 to 16 keys.
 */
export const commandKeysSchema = z
  .object({ keys: z.array(commandKeySchema).min(1).max(keysMax) })
  .refine(({ keys }) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'key ids must be different');

/** Pinned public keys by their id. */
export type CommandKeys = ReadonlyMap<string, CryptoKey>;

/**
 * Checks and imports a JWKS of command keys. Throws OperationalError `command_keys_invalid` (final) that names each fault.
 */
export async function importCommandKeys(jwks: unknown): Promise<CommandKeys> {
  const parsed = commandKeysSchema.safeParse(jwks);
  if (!parsed.success) {
    throw new OperationalError(
      'command_keys_invalid',
      `the pinned command keys are not usable: ${z.prettifyError(parsed.error)}`,
      {
        retryable: false,
        cause: parsed.error,
      },
    );
  }
  const keys = new Map<string, CryptoKey>();
  for (const { kty, crv, x, kid } of parsed.data.keys) {
    try {
      const key = await importJWK({ kty, crv, x }, 'EdDSA');
      if (!(key instanceof Uint8Array)) keys.set(kid, key);
    } catch (cause) {
      throw new OperationalError('command_keys_invalid', `the pinned command key ${kid} is not usable`, {
        retryable: false,
        cause,
      });
    }
  }
  return keys;
}
