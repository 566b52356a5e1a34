import { pathText } from '../issue-lines.ts';

const PEM_PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
/** Private parts of a JWK (RFC 7518, RFC 8037): EC, RSA and OKP have `d`, symmetric keys `k`. */
const JWK_PRIVATE_PARTS = ['d', 'k'] as const;

/** Where private keys stand in a document that must hold none. Pure. */
export function privateKeyProblems(document: unknown, path: readonly PropertyKey[] = []): string[] {
  if (typeof document === 'string') {
    return PEM_PRIVATE_KEY.test(document) ? [`${pathText(path)}: a private key must never be here`] : [];
  }
  if (typeof document !== 'object' || document === null) return [];
  const entries: [PropertyKey, unknown][] = Array.isArray(document)
    ? [...document.entries()]
    : Object.entries(document);
  const inner = entries.flatMap(([key, value]) => privateKeyProblems(value, [...path, key]));
  if (!('kty' in document)) return inner;
  const parts = JWK_PRIVATE_PARTS.filter((part) => part in document);
  return [...parts.map((part) => `${pathText([...path, part])}: a private key must never be here`), ...inner];
}
