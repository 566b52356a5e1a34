import { freePort } from '@kestrel/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { authorizationPolicySchema } from '../src/authorization/schema.ts';
import {
  arbitraryRequest,
  arbitrarySpecs,
  asPolicies,
  asQuestion,
} from '../src/testing/authorization/arbitrary-authorization.ts';
import { testEngine } from '../src/testing/authorization/mesh.ts';
import { compileRbac } from '../src/testing/envoy-rbac/compile-rbac.ts';
import type { NamedSpec } from '../src/testing/envoy-rbac/compile-rbac.ts';
import type { ProxyRequest } from '../src/testing/envoy-rbac/facts.ts';
import { startEnvoy } from './envoy-proxy.ts';
import type { EnvoyProxy } from './envoy-proxy.ts';

/** Sets of policies, each asked with as many requests. */
const cases = 250;
const requestsEach = 10;
/** A sample that is the same in every run of one commit; another seed is another sample. */
const seed = 20261125;

test('given generated policies, when a real Envoy is asked, then the engine says what it says', async () => {
  const [first, second] = [await freePort(), await freePort()];
  const place = placing(first, second);
  const sets = fc
    .sample(arbitrarySpecs, { numRuns: cases, seed })
    .map((specs) => specs.map((each) => ({ ...each, spec: specWith(each.spec, place) })));
  const requests = fc
    .sample(arbitraryRequest.filter(isSendable), { numRuns: cases * requestsEach, seed })
    .map((request) => requestWith({ ...request, port: request.port === 80 ? first : second }, place));
  await using envoy = await startWith(sets, [first, second]);
  const seen = new Map<string, number>();
  for (const [index, specs] of sets.entries()) {
    const engine = testEngine({ policies: asPolicies(specs) });
    for (const request of requests.slice(index * requestsEach, (index + 1) * requestsEach)) {
      const status = await envoy.judge(index, request);
      const outcome = engine.outcome(asQuestion(request));
      expect(outcome, `${status} for ${JSON.stringify({ specs, request })}`).toBe(
        status === 200 ? 'allowed' : 'denied',
      );
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
  }
  expect([...seen.keys()].toSorted()).toEqual(['allowed', 'denied']);
});

/** Path templates as Istio's reference has them, and what its text leaves open. */
const paths: readonly [pattern: string, path: string, matches: boolean][] = [
  ['/foo/{*}', '/foo/bar', true],
  ['/foo/{*}', '/foo/bar/baz', false],
  ['/foo/{*}', '/foo/', false],
  ['/foo/{*}', '/foo/bar?x=1', true],
  ['/foo/{**}/', '/foo/bar/', true],
  ['/foo/{**}/', '/foo//', true],
  ['/foo/{**}/', '/foo/bar', false],
  // The reference says that this matches; Envoy's template wants the slash at the end.
  ['/foo/{**}/', '/foo/bar/baz.txt', false],
  ['/foo/{**}', '/foo/', true],
  ['/foo/{**}', '/foo', false],
  ['/foo/{**}', '/foo/a/b/c', true],
  ['/foo/{*}/bar/{**}', '/foo/buzz/bar/', true],
  ['/foo/{*}/bar/{**}', '/foo/buzz/bar/baz', true],
  ['/foo/{*}/bar/{**}', '/foo/buzz/bar', false],
  ['/{**}/foo', '/a/b/foo', true],
  ['/foo/{*}', '/foo/a%20b', true],
  ['/foo/{*}', '/foo/a;b=c', true],
  ['/foo*', '/foo?x', true],
  ['/foo', '/foo?x', true],
  ['*.txt', '/a/b.txt?x', true],
  ['/FOO', '/foo', false],
  ['*', '/', true],
  ['/b', '/a/../b', true],
  ['/a/b', '/a/./b', true],
  ['/a/b', String.raw`/a\b`, true],
  ['/a', '/%61', true],
  ['/a//b', '/a//b', true],
  ['/a/b', '/a//b', false],
  ['/x', '/%2e%2e/x', true],
  ['/a%2fb', '/a%2fb', true],
  ['/a/b', '/a%2fb', false],
  ['/', '/a/..', true],
  ['/a/', '/a/.', true],
  ['/b', '/a/../../b', true],
  ['/%c3%a4', '/%c3%a4', true],
  ['/-_%21A', '/%2d%5f%21%41', true],
  ['/a%7Cb%5Ec%60%7B%7D%22%3C%3E', '/a|b^c`{}"<>', true],
];

test('given path patterns, when a real Envoy is asked, then it and the engine agree on each', async () => {
  const port = await freePort();
  const sets = paths.map(([pattern]) => [specOf({ rules: [{ to: [{ operation: { paths: [pattern] } }] }] })]);
  await using envoy = await startWith(sets, [port]);
  for (const [index, [pattern, path, matches]] of paths.entries()) {
    const request: ProxyRequest = { ...plain, port, http: { method: 'GET', path, host: 'web', headers: {} } };
    const engine = testEngine({ policies: asPolicies(sets[index] ?? []) });
    expect(await envoy.judge(index, request), `${pattern} ${path}`).toBe(matches ? 200 : 403);
    expect(engine.outcome(asQuestion(request)), `${pattern} ${path}`).toBe(matches ? 'allowed' : 'denied');
  }
});

/** Claims by key and value. */
const claims: readonly [key: string, value: string, claims: Record<string, unknown>, matches: boolean][] = [
  ['request.auth.claims[scope]', 'read', { scope: 'write read' }, true],
  ['request.auth.claims[scope]', 'write read', { scope: 'write read' }, false],
  ['request.auth.claims[permission]', 'a', { permission: 'a' }, true],
  ['request.auth.claims[groups]', 'a', { groups: 'a b' }, false],
  ['request.auth.claims[groups]', 'a', { groups: ['b', 'a'] }, true],
  ['request.auth.claims[groups]', '1', { groups: 1 }, false],
  ['request.auth.claims[a][b]', 'c', { a: { b: ['c'] } }, true],
  ['request.auth.claims[a][b]', 'c', { a: [{ b: 'c' }] }, false],
  ['request.auth.claims[https://example.com/a]', 'c', { 'https://example.com/a': 'c' }, true],
  ['request.auth.claims[groups]', '*', { groups: '' }, false],
  ['request.auth.audiences', 'a', { aud: ['b', 'a'] }, true],
  ['request.auth.presenter', 'a', { azp: 'a' }, true],
  ['request.auth.principal', 'i/s', { iss: 'i', sub: 's' }, true],
];

test('given claims, when a real Envoy is asked, then it and the engine agree on each', async () => {
  const port = await freePort();
  const sets = claims.map(([key, value]) => [specOf({ rules: [{ when: [{ key, values: [value] }] }] })]);
  await using envoy = await startWith(sets, [port]);
  for (const [index, [key, value, given, matches]] of claims.entries()) {
    const request: ProxyRequest = { ...plain, port, claims: given };
    const engine = testEngine({ policies: asPolicies(sets[index] ?? []) });
    expect(await envoy.judge(index, request), `${key} ${value}`).toBe(matches ? 200 : 403);
    expect(engine.outcome(asQuestion(request)), `${key} ${value}`).toBe(matches ? 'allowed' : 'denied');
  }
});

const plain: ProxyRequest = {
  principal: undefined,
  sourceIp: '127.0.0.1',
  remoteIp: '10.0.0.1',
  destinationIp: '127.0.0.1',
  port: 80,
  sni: '',
  http: { method: 'GET', path: '/', host: 'web', headers: {} },
  claims: {},
};

function specOf(spec: object): NamedSpec {
  return { namespace: 'default', name: 'policy', spec: authorizationPolicySchema.parse(spec) };
}

async function startWith(sets: readonly (readonly NamedSpec[])[], ports: readonly number[]): Promise<EnvoyProxy> {
  const rbac = sets.map((specs) => ({
    deny: compileRbac(specs, 'DENY', false),
    allow: compileRbac(specs, 'ALLOW', false),
  }));
  return await startEnvoy(rbac, ports);
}

/** Puts addresses that loopback has, and the ports that Envoy listens on, in the place of the generated ones. */
function placing(first: number, second: number): (text: string) => string {
  return (text) =>
    text
      .replaceAll(/^(10|192|8)\.(?=\d+\.\d+\.\d+)/g, '127.')
      .replaceAll(/^80$/g, String(first))
      .replaceAll(/^8080$/g, String(second));
}

function specWith(spec: NamedSpec['spec'], place: (text: string) => string): NamedSpec['spec'] {
  const text = JSON.stringify(spec, (_, value: unknown) => (typeof value === 'string' ? place(value) : value));
  return authorizationPolicySchema.parse(JSON.parse(text));
}

function requestWith(request: ProxyRequest, place: (text: string) => string): ProxyRequest {
  const { sourceIp, remoteIp, destinationIp } = request;
  return { ...request, sourceIp: place(sourceIp), remoteIp: place(remoteIp), destinationIp: place(destinationIp) };
}

/** What a client can send over loopback as HTTP/1.1, and what Envoy does not refuse before it looks at policies. */
function isSendable({ http, sourceIp, destinationIp, principal, sni }: ProxyRequest): boolean {
  if (http === undefined || http.method === 'get' || /[# ]/.test(http.path)) return false;
  return !sourceIp.includes(':') && !destinationIp.includes(':') && (principal !== undefined || sni === '');
}
