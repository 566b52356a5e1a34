import { expect, test } from 'vitest';
import type { Policy } from '../model/policy.ts';
import { testEngine, testRequest } from '../testing/authorization/mesh.ts';

const policy = (
  kind: 'AuthorizationPolicy' | 'PeerAuthentication' | 'RequestAuthentication',
  body: Record<string, unknown>,
  annotations = {},
): Policy => ({
  ref: { kind, namespace: 'default', name: 'p' },
  apiVersion: 'security.istio.io/v1',
  labels: new Map(),
  annotations: new Map(Object.entries(annotations)),
  specs: [{ path: 'spec', body }],
  source: 'test',
});
const when = (key: string, values: string[]) => ({ rules: [{ when: [{ key, values }] }] });
const from = (source: object) => ({ rules: [{ from: [{ source }] }] });
const to = (operation: object) => ({ rules: [{ to: [{ operation }] }] });

test.each<[body: Record<string, unknown>, path: string]>([
  [{ action: 'CUSTOM', rules: [{}] }, 'spec.provider.name'],
  [{ provider: { name: 'x' }, rules: [{}] }, 'spec.provider'],
  [{ action: 'MAYBE' }, 'spec.action'],
  [{ selector: {}, targetRefs: [{ kind: 'Service', name: 'x' }] }, 'spec'],
  [{ selector: { matchLabels: { app: 'a*' } } }, 'spec.selector.matchLabels.app'],
  [{ targetRefs: [{ kind: 'Pod', name: 'x' }] }, 'spec.targetRefs[0].kind'],
  [{ targetRefs: [{ kind: 'Gateway', name: 'x' }] }, 'spec.targetRefs[0].kind'],
  [{ targetRefs: [{ kind: 'Service', name: 'x', namespace: 'y' }] }, 'spec.targetRefs[0].namespace'],
  [{ rules: [{ from: [{}] }] }, 'spec.rules[0].from[0].source'],
  [from({}), 'spec.rules[0].from[0].source'],
  [from({ principals: [''] }), 'spec.rules[0].from[0].source.principals[0]'],
  [from({ ipBlocks: ['10.0.0.1/33'] }), 'spec.rules[0].from[0].source.ipBlocks[0]'],
  [from({ notRemoteIpBlocks: ['x'] }), 'spec.rules[0].from[0].source.notRemoteIpBlocks[0]'],
  [from({ serviceAccounts: ['a'], namespaces: ['b'] }), 'spec.rules[0].from[0].source'],
  [from({ serviceAccounts: ['a/b/c'] }), 'spec.rules[0].from[0].source.serviceAccounts[0]'],
  [from({ serviceAccounts: ['a*'] }), 'spec.rules[0].from[0].source.serviceAccounts[0]'],
  [from({ trustDomains: ['a*b'] }), 'spec.rules[0].from[0].source.trustDomains[0]'],
  [from({ trustDomains: ['a/b'] }), 'spec.rules[0].from[0].source.trustDomains[0]'],
  [to({}), 'spec.rules[0].to[0].operation'],
  [to({ ports: [80] }), 'spec.rules[0].to[0].operation.ports[0]'],
  [to({ ports: ['http'] }), 'spec.rules[0].to[0].operation.ports[0]'],
  [to({ notPorts: ['65536'] }), 'spec.rules[0].to[0].operation.notPorts[0]'],
  [to({ paths: ['/{**}/{*}'] }), 'spec.rules[0].to[0].operation.paths[0]'],
  [to({ paths: ['/{*}.txt'] }), 'spec.rules[0].to[0].operation.paths[0]'],
  [to({ notPaths: ['/*/{*}'] }), 'spec.rules[0].to[0].operation.notPaths[0]'],
  [{ rules: [{ when: [{ key: 'source.ip' }] }] }, 'spec.rules[0].when[0]'],
  [when('destination.labels[app]', ['x']), 'spec.rules[0].when[0].key'],
  [when('request.headers', ['x']), 'spec.rules[0].when[0].key'],
  [when('request.headers[]', ['x']), 'spec.rules[0].when[0].key'],
  [when('source.ip', ['x']), 'spec.rules[0].when[0].values[0]'],
  [when('destination.port', ['-1']), 'spec.rules[0].when[0].values[0]'],
  [
    { action: 'CUSTOM', provider: { name: 'x' }, ...from({ notPrincipals: ['a'] }) },
    'spec.rules[0].from[0].source.notPrincipals',
  ],
  [
    { action: 'CUSTOM', provider: { name: 'x' }, ...when('request.auth.principal', ['a']) },
    'spec.rules[0].when[0].key',
  ],
])('given %j, when compiled, then it is invalid at %s and decides nothing', (body, path) => {
  const engine = testEngine({ policies: [policy('AuthorizationPolicy', body)] });
  expect(engine.problems.filter(({ code }) => code === 'invalid').map((problem) => problem.path)).toContain(path);
  expect(engine.outcome(testRequest())).toBe('allowed');
});

test.each([
  ['ALLOW', 'maybe'],
  ['AUDIT', 'true'],
])('given a dry-run annotation on %s with value %s, when compiled, then the policy is refused', (action, value) => {
  const engine = testEngine({
    policies: [policy('AuthorizationPolicy', { action, rules: [] }, { 'istio.io/dry-run': value })],
  });
  expect(engine.problems).toMatchObject([
    { severity: 'error', code: 'invalid', path: 'metadata.annotations["istio.io/dry-run"]' },
  ]);
  expect(engine.outcome(testRequest())).toBe('allowed');
});

test.each<[Policy, string]>([
  [policy('PeerAuthentication', { portLevelMtls: { 80: { mode: 'STRICT' } } }), 'spec.portLevelMtls'],
  [policy('PeerAuthentication', { selector: { matchLabels: { a: 'b' } }, portLevelMtls: {} }), 'spec.portLevelMtls'],
  [
    policy('PeerAuthentication', { selector: { matchLabels: { a: 'b' } }, portLevelMtls: { 0: {} } }),
    'spec.portLevelMtls["0"]',
  ],
  [policy('PeerAuthentication', { mtls: { mode: 'SOMETIMES' } }), 'spec.mtls.mode'],
  [policy('RequestAuthentication', { jwtRules: [{ audiences: ['a'] }] }), 'spec.jwtRules[0]'],
  [policy('RequestAuthentication', { jwtRules: [{ issuer: 'a', jwksUri: 'ftp://x' }] }), 'spec.jwtRules[0].jwksUri'],
])('given an invalid object, when compiled, then it is refused at its path', (object, path) => {
  expect(testEngine({ policies: [object] }).problems).toMatchObject([{ severity: 'error', code: 'invalid', path }]);
});

test.each([
  [{ action: 'DENY', ...to({ methods: ['GET'] }) }, 'spec.rules[0]', true],
  [{ action: 'DENY', ...from({ requestPrincipals: ['*'] }) }, 'spec.rules[0]', true],
  [{ action: 'DENY', ...to({ methods: ['GET'], ports: ['80'] }) }, 'spec.rules[0]', false],
  [{ action: 'DENY', ...from({ principals: ['*'] }) }, 'spec.rules[0]', false],
  [{ selector: {} }, 'spec.selector', true],
  [{ action: 'DENY' }, 'spec.rules', true],
  [{ action: 'CUSTOM', provider: { name: 'x' } }, 'spec.rules', true],
  [{ action: 'ALLOW' }, 'spec.rules', false],
])('given %j, when compiled, then it is warned of at %s: %s', (body, path, warned) => {
  const { problems } = testEngine({ policies: [policy('AuthorizationPolicy', body)] });
  expect(problems.some((problem) => problem.code === 'ineffective' && problem.path === path)).toBe(warned);
});
