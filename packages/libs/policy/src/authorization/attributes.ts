import { parseCidrOrAddress, rangeContains } from '../address/cidr.ts';
import type { AddressRange } from '../address/cidr.ts';
import type { Address } from '../address/address.ts';
import type { CauseCode } from '../model/cause.ts';
import { claimMatches, claimPath, requestPrincipalMatches, requestPrincipalPattern } from './claims.ts';
import type { Condition, Facts, Principal } from './facts.ts';
import { patternMatchesForm, templateMatchesForm, type PathForm } from './path-form.ts';
import { isPathTemplate, pathTemplatePattern } from './path-template.ts';
import type { PrincipalMatcher } from './principal-match.ts';
import { matchesAny, matchesText, stringPattern } from './string-match.ts';
import type { StringPattern } from './string-match.ts';
import { NO, UNKNOWN, YES, agreed, either, tri } from './tri.ts';
import type { Tri } from './tri.ts';

// What one field or key of a rule looks at: each function makes "any of these values matches" of its values.

/** Identities. The engine asks with the same object for a source again and again: its answer is remembered. */
export function ofPrincipal(matchers: readonly PrincipalMatcher[]): Condition {
  const answers = new WeakMap<Exclude<Principal, 'none'>, Tri>();
  const none = anyMatcher(matchers, 'none');
  const answerTo = (principal: Principal): Tri => {
    if (principal === 'none') return none;
    let answer = answers.get(principal);
    if (answer === undefined) answers.set(principal, (answer = anyMatcher(matchers, principal)));
    return answer;
  };
  return ({ principal }, missing) => {
    const answer = answerTo(principal);
    if (answer === UNKNOWN) missing('the identity of the source');
    return answer;
  };
}

function anyMatcher(matchers: readonly PrincipalMatcher[], principal: Principal): Tri {
  return matchers.reduce<Tri>((found, matcher) => either(found, matcher(principal)), NO);
}

/** Addresses that are picked from the facts. */
export function ofAddress(
  values: readonly string[],
  what: { readonly fact: string; readonly code: CauseCode },
  pick: (facts: Facts) => readonly Address[],
): Condition {
  const ranges = values
    .map((value) => parseCidrOrAddress(value))
    .filter((range): range is NonNullable<typeof range> => range !== undefined);
  return (facts, missing) => {
    const answer = agreed(pick(facts), (address) => inAny(ranges, address));
    if (answer === UNKNOWN) missing(what.fact, what.code);
    return answer;
  };
}

/** Destination ports. */
export function ofPort(values: readonly string[]): Condition {
  const ports = new Set(values.map(Number));
  return ({ port }) => tri(ports.has(port));
}

/** The server name of the TLS handshake. */
export function ofServerName(values: readonly string[]): Condition {
  const patterns = values.map(stringPattern);
  return ({ sni }, missing) => told(matchesAny(patterns, sni), missing, 'the TLS server name');
}

/** Methods, exact case; `*` wants any, and every request has one. */
export function ofMethod(values: readonly string[]): Condition {
  const patterns = values.map(stringPattern);
  if (values.includes('*')) return () => YES;
  return ({ http }, missing) => told(matchesAny(patterns, http.method), missing, 'the HTTP method');
}

/** Hosts without regard to case, with the port when the client sent one: nothing is cut off. */
export function ofHost(values: readonly string[]): Condition {
  const patterns = values.map((value) => stringPattern(value.toLowerCase()));
  if (values.includes('*')) return () => YES;
  return ({ http }, missing) => told(matchesAny(patterns, http.host?.toLowerCase()), missing, 'the HTTP host');
}

/** Paths, normalized; see normalize-path.ts. */
export function ofPath(values: readonly string[]): Condition {
  const plain = values.filter((value) => !isPathTemplate(value)).map(stringPattern);
  const written = values.filter(isPathTemplate);
  const templates = written.map(pathTemplatePattern);
  return ({ http }, missing) => {
    const path = http.normalPath();
    if (path === undefined) {
      const form = http.pathForm();
      const answer = form === undefined ? UNKNOWN : anyOfForm(plain, written, form);
      return told(answer, missing, 'the HTTP path');
    }
    return either(matchesAny(plain, path), tri(templates.some((template) => template.test(path))));
  };
}

function anyOfForm(plain: readonly StringPattern[], templates: readonly string[], form: PathForm): Tri {
  const ofPlain = plain.map((pattern) => patternMatchesForm(pattern, form));
  const ofTemplates = templates.map((template) => templateMatchesForm(template, form));
  return [...ofPlain, ...ofTemplates].reduce(either, NO);
}

/** A request header; `*` wants it there, even if empty. Pseudo headers are reached by their names. */
export function ofHeader(name: string, values: readonly string[]): Condition {
  const patterns = values.map(stringPattern);
  const key = name.toLowerCase();
  return (facts, missing) => {
    const value = headerOf(facts, key);
    if (value === undefined) return told(UNKNOWN, missing, `the request header "${key}"`);
    return tri(
      value !== null && patterns.some((pattern) => pattern.kind === 'presence' || matchesText(pattern, value)),
    );
  };
}

/** Issuer and subject of the token. */
export function ofRequestPrincipal(values: readonly string[]): Condition {
  const patterns = values.map(requestPrincipalPattern);
  return ({ claims }, missing) => {
    if (claims === undefined) return told(UNKNOWN, missing, 'the token of the request');
    return tri(patterns.some((pattern) => requestPrincipalMatches(pattern, claims)));
  };
}

/** One claim of the token. */
export function ofClaim(path: readonly string[], values: readonly string[]): Condition {
  const patterns = values.map(stringPattern);
  return (facts, missing) => {
    const { claims } = facts;
    if (claims === undefined) return told(UNKNOWN, missing, 'the token of the request');
    return tri(claimMatches(claims, path, patterns, facts.spaceDelimitedClaims()));
  };
}

/** `request.auth.claims[a][b]` by its key. */
export function ofClaimKey(key: string, values: readonly string[]): Condition {
  return ofClaim(claimPath(key.slice('request.auth.claims'.length)) ?? [], values);
}

/** What other filters of the proxy found out: nothing outside of the proxy knows it. */
export function ofEnvoyFilter(key: string): Condition {
  return (_, missing) => told(UNKNOWN, missing, key);
}

function told(answer: Tri, missing: (fact: string) => void, what: string): Tri {
  if (answer === UNKNOWN) missing(what);
  return answer;
}

/** undefined: not known; null: not there. */
function headerOf({ http }: Facts, key: string): string | null | undefined {
  if (key === ':authority' || key === 'host') return http.host;
  if (key === ':method') return http.method;
  if (key === ':path') return http.path;
  return http.header === undefined ? undefined : (http.header(key) ?? null);
}

function inAny(ranges: readonly AddressRange[], address: Address): boolean {
  return ranges.some((range) => rangeContains(range, address));
}
