import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyPair } from './key-pair.ts';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from './x509.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * A certificate request (PKCS#10, RFC 2986) in PEM, signed by `key`, which proves its possession.
 * The names are requests: the authority decides by the bearer token what it certifies.
 */
export async function createCsr(o: { key: KeyPair; commonName: string; sanUri?: string }): Promise<string> {
  const privateKey = await crypto.subtle.importKey(
    'pkcs8',
    new Uint8Array(createPrivateKey(o.key.privateKeyPem).export({ type: 'pkcs8', format: 'der' })),
    algorithm,
    false,
    ['sign'],
  );
  const publicKey = await crypto.subtle.importKey(
    'spki',
    new Uint8Array(createPublicKey(o.key.publicKeyPem).export({ type: 'spki', format: 'der' })),
    algorithm,
    true,
    ['verify'],
  );
  const request = await Pkcs10CertificateRequestGenerator.create({
    // As data, not as "CN=…": a name may hold any character.
    name: [{ CN: [o.commonName] }],
    keys: { privateKey, publicKey },
    signingAlgorithm: algorithm,
    extensions: o.sanUri === undefined ? [] : [new SubjectAlternativeNameExtension([{ type: 'url', value: o.sanUri }])],
  });
  return request.toString('pem');
}
