import type { Outcome } from '../model/cause.ts';
import { matchesDnsPattern, plainName } from './dns-pattern.ts';
import type { DnsMatch, HeaderMatch, HttpMatch, Layer7, Request } from './layer7.ts';
import { fullMatcher } from './regex.ts';

/**
 * Whether the layer 7 part of a rule lets a request through. Facts that decide and that the request lacks give `unknown`.
 * Headers, where they are given, are taken to be all of the request's.
 */
export function layer7Allows(layer7: Layer7, request: Request): Outcome {
  const { http, dns, serverNames, unknown } = layer7;
  return every([
    ...(http === undefined ? [] : [some(http, (match) => httpAllows(match, request))]),
    ...(dns === undefined ? [] : [some(dns, (match) => dnsAllows(match, request.dnsName))]),
    ...(serverNames === undefined ? [] : [some(serverNames, (name) => sniAllows(name, request.sni))]),
    ...(unknown === undefined || unknown.length === 0 ? [] : ['unknown' as const]),
  ]);
}

/** All must allow: one denial decides, else one unknown. */
function every(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.includes('denied')) return 'denied';
  return outcomes.includes('unknown') ? 'unknown' : 'allowed';
}

/** One must allow; nothing of an empty list does. */
function some<T>(list: readonly T[], outcomeOf: (item: T) => Outcome): Outcome {
  let found: Outcome = 'denied';
  for (const item of list) {
    const outcome = outcomeOf(item);
    if (outcome === 'allowed') return 'allowed';
    if (outcome === 'unknown') found = 'unknown';
  }
  return found;
}

function httpAllows(match: HttpMatch, { http }: Request): Outcome {
  const tests = testsOf(match);
  return every([
    matches(tests.method, http?.method),
    matches(tests.path, http?.path),
    matches(tests.host, http?.host),
    ...(match.headers ?? []).map((header) => headerAllows(header, http?.headers)),
  ]);
}

type TextTest = ((text: string) => boolean) | 'unreadable' | undefined;
type HttpTests = Readonly<Record<'method' | 'path' | 'host', TextTest>>;

/** Expressions are compiled once; they live as long as the immutable rule that holds them. */
const compiled = new WeakMap<HttpMatch, HttpTests>();

function testsOf(match: HttpMatch): HttpTests {
  let tests = compiled.get(match);
  if (tests === undefined) {
    tests = { method: textTest(match.method), path: textTest(match.path), host: textTest(match.host) };
    compiled.set(match, tests);
  }
  return tests;
}

function textTest(pattern: string | undefined): TextTest {
  return pattern === undefined ? undefined : (fullMatcher(pattern) ?? 'unreadable');
}

function matches(test: TextTest, text: string | undefined): Outcome {
  if (test === undefined) return 'allowed';
  // The proxy refuses a configuration with an expression that it can't read: what it then does can't be told.
  if (test === 'unreadable' || text === undefined) return 'unknown';
  return test(text) ? 'allowed' : 'denied';
}

function headerAllows(
  { name, value, secret }: HeaderMatch,
  headers: Readonly<Record<string, string>> | undefined,
): Outcome {
  if (headers === undefined) return 'unknown';
  const given = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (given === undefined) return 'denied';
  if (secret === true) return 'unknown';
  return value === undefined || value === given ? 'allowed' : 'denied';
}

function dnsAllows({ exact, pattern }: DnsMatch, name: string | undefined): Outcome {
  if (name === undefined) return 'unknown';
  const fits = exact === undefined ? matchesDnsPattern(pattern ?? '', name) : plainName(exact) === plainName(name);
  return fits ? 'allowed' : 'denied';
}

function sniAllows(pattern: string, sni: string | undefined): Outcome {
  if (sni === undefined) return 'unknown';
  return matchesDnsPattern(pattern, sni) ? 'allowed' : 'denied';
}
