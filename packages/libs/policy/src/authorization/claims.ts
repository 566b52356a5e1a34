import { matchesText } from './string-match.ts';
import type { StringPattern } from './string-match.ts';

/** The claim at a path of keys, as Envoy's metadata matcher finds it: through objects only. */
function claimAt(claims: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let at: unknown = claims;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

/**
 * Whether a claim is a text that matches, or a list with one. Numbers and booleans never match. Claims that are
 * space-delimited lists match by their words as well.
 */
export function claimMatches(
  claims: Readonly<Record<string, unknown>>,
  path: readonly string[],
  patterns: readonly StringPattern[],
  spaceDelimited: ReadonlySet<string>,
): boolean {
  const found = claimAt(claims, path);
  const [first] = path;
  const split = path.length === 1 && first !== undefined && spaceDelimited.has(first);
  const values = typeof found === 'string' && split ? found.split(' ').filter((word) => word !== '') : found;
  const texts: readonly unknown[] = Array.isArray(values) ? values : [values];
  return texts.some((text) => typeof text === 'string' && patterns.some((pattern) => matchesText(pattern, text)));
}

/** A request principal `issuer/subject` as two patterns. Source: istio authz/model/generator.go requestPrincipalGenerator. */
export interface RequestPrincipalPattern {
  readonly issuer: StringPattern;
  readonly subject: StringPattern;
}

/** Splits at the last slash, since an issuer may be a URL; a star stands for any text that is not empty. */
export function requestPrincipalPattern(value: string): RequestPrincipalPattern {
  const any: StringPattern = { kind: 'presence' };
  if (value === '*') return { issuer: any, subject: any };
  const slash = value.lastIndexOf('/');
  const issuer = slash < 0 ? value : value.slice(0, slash);
  const subject = slash < 0 ? '' : value.slice(slash + 1);
  if (value.startsWith('*')) {
    if (slash < 0) return { issuer: any, subject: { kind: 'suffix', text: value.slice(1) } };
    const of: StringPattern = issuer === '*' ? any : { kind: 'suffix', text: issuer.slice(1) };
    return { issuer: of, subject: { kind: 'exact', text: subject } };
  }
  if (value.endsWith('*')) {
    if (slash < 0) return { issuer: { kind: 'prefix', text: value.slice(0, -1) }, subject: any };
    const of: StringPattern = subject === '*' ? any : { kind: 'prefix', text: subject.slice(0, -1) };
    return { issuer: { kind: 'exact', text: issuer }, subject: of };
  }
  return { issuer: { kind: 'exact', text: issuer }, subject: { kind: 'exact', text: subject } };
}

/** Whether a token's issuer and subject, both texts, match. */
export function requestPrincipalMatches(
  { issuer, subject }: RequestPrincipalPattern,
  claims: Readonly<Record<string, unknown>>,
): boolean {
  const { iss, sub } = claims;
  return typeof iss === 'string' && typeof sub === 'string' && matchesText(issuer, iss) && matchesText(subject, sub);
}

/**
 * Keys of `request.auth.claims[a][b]` behind the prefix; undefined when it is not bracketed. What is no clean sequence of
 * brackets is one key. Source: istio authz/model/util.go extractNameInNestedBrackets.
 */
export function claimPath(brackets: string): readonly string[] | undefined {
  if (/^(\[[^[\]]*\])+$/.test(brackets)) return brackets.slice(1, -1).split('][');
  return brackets.startsWith('[') && brackets.endsWith(']') ? [brackets.slice(1, -1)] : undefined;
}
