/**
 * One token of a subject, made from any text without loss: `.` becomes `_`; a literal `_` and every byte (UTF-8) outside
 * `[A-Za-z0-9-]` becomes `=XX` (upper-case hex). Injective, and readable for the DNS names that almost all of them are.
 *
 * @throws Error for the empty text, which no token can stand for, and for text with a lone surrogate.
 */
export function escapeToken(text: string): string {
  if (text === '') throw new Error('a subject token cannot be empty');
  if (!text.isWellFormed()) throw new Error('a subject token needs well-formed text');
  return text.replace(/[^A-Za-z0-9-]/gu, (character) => (character === '.' ? '_' : escapeBytes(character)));
}

function escapeBytes(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** The text that {@link escapeToken} made the token from; `undefined` for anything it never makes. */
export function unescapeToken(token: string): string | undefined {
  if (!/^(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+$/.test(token)) return undefined;
  const bytes = Buffer.from(
    token
      .replaceAll('_', '.')
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  const text = bytes.toString('utf8');
  return escapes(text, token) ? text : undefined;
}

function escapes(text: string, token: string): boolean {
  return text.isWellFormed() && escapeToken(text) === token;
}
