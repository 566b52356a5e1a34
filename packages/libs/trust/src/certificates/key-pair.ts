import { createPrivateKey, createPublicKey, generateKeyPair as generate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** An ECDSA P-256 key of a client certificate. The private part stays in the process and its own store. */
export interface KeyPair {
  /** PKCS#8. */
  readonly privateKeyPem: string;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyPem: string;
}

const generateAsync = promisify(generate);

/** Makes a new ECDSA P-256 key. */
export async function generateKeyPair(): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateAsync('ec', { namedCurve: 'P-256' });
  return { privateKeyPem: pkcs8(privateKey), publicKeyPem: spki(publicKey) };
}

/** The pair of a private key in PEM (PKCS#8 or SEC1). Throws node's error if it can't be read. */
export function keyPairFromPem(privateKeyPem: string): KeyPair {
  const privateKey = createPrivateKey(privateKeyPem);
  return { privateKeyPem: pkcs8(privateKey), publicKeyPem: spki(createPublicKey(privateKey)) };
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function spki(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
