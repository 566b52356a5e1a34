import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { signCommand } from '@kestrel/trust';
import { readJsonFile, writeJsonFile } from '../enrolment/json-file.ts';

const keySchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
  kid: z.string(),
});

/** The public half, as it is pinned by the clusters. */
export interface PublicCommandKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** The cloud's command key, kept in `<directory>/command-key.json`. */
export class CommandSigner {
  readonly publicKey: PublicCommandKey;
  readonly #key: KeyObject;

  private constructor(jwk: z.output<typeof keySchema>) {
    const { kty, crv, x, kid } = jwk;
    this.publicKey = { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' };
    this.#key = createPrivateKey({ key: jwk, format: 'jwk' });
  }

  /** Opens the key; makes it, once, when there is none. */
  static open(directory: string): CommandSigner {
    const path = join(directory, 'command-key.json');
    const kept = readJsonFile(path, keySchema);
    if (kept) return new CommandSigner(kept);
    const { privateKey } = generateKeyPairSync('ed25519');
    const made = keySchema.parse({ ...privateKey.export({ format: 'jwk' }), kid: 'dev-cloud-command-1' });
    writeJsonFile(path, made);
    return new CommandSigner(made);
  }

  async sign(payload: Uint8Array): Promise<string> {
    return await signCommand(payload, { key: this.#key, kid: this.publicKey.kid });
  }
}
