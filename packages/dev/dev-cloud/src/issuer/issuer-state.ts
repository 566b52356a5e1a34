import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import * as z from 'zod';
import { readJsonFile, writeJsonFile } from '../enrolment/json-file.ts';

/** The only signature of access tokens. */
export const tokenAlg = 'ES256';

const jwkSchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
  use: z.literal('sig'),
  alg: z.literal(tokenAlg),
});
const stateSchema = z.object({ signingKey: jwkSchema, tokenGeneration: z.number().int() });

/** A private P-256 key as JWK. */
export type SigningJwk = z.output<typeof jwkSchema>;

/** What an issuer keeps in `<directory>/issuer.json`: tokens stay good over a restart, expired ones stay expired. */
export class IssuerState {
  readonly signingKey: SigningJwk;
  readonly #path: string;
  #tokenGeneration: number;

  private constructor(path: string, state: z.output<typeof stateSchema>) {
    this.#path = path;
    this.signingKey = state.signingKey;
    this.#tokenGeneration = state.tokenGeneration;
  }

  static async open(directory: string): Promise<IssuerState> {
    const path = join(directory, 'issuer.json');
    const kept = readJsonFile(path, stateSchema);
    if (kept !== undefined) return new IssuerState(path, kept);
    const state = { signingKey: await newSigningKey(), tokenGeneration: 1 };
    writeJsonFile(path, state);
    return new IssuerState(path, state);
  }

  /** Written into each token; tokens of another generation are expired. */
  get tokenGeneration(): number {
    return this.#tokenGeneration;
  }

  nextGeneration(): void {
    this.#tokenGeneration += 1;
    writeJsonFile(this.#path, { signingKey: this.signingKey, tokenGeneration: this.#tokenGeneration });
  }

  /** The public half, as it stands in the issuer's JWKS. */
  get publicKey(): Omit<SigningJwk, 'd'> {
    const { d: _, ...publicKey } = this.signingKey;
    return publicKey;
  }
}

async function newSigningKey(): Promise<SigningJwk> {
  const { privateKey } = await generateKeyPair(tokenAlg, { extractable: true });
  return jwkSchema.parse({ ...(await exportJWK(privateKey)), kid: 'dev-cloud-1', use: 'sig', alg: tokenAlg });
}
