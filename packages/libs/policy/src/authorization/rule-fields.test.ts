import { expect, test } from 'vitest';
import { testEngine, testPod, testRequest } from '../testing/authorization/mesh.ts';

const cart = 'cluster.local/ns/shop/sa/cart';
const http = {
  method: 'GET',
  path: '/a/b',
  host: 'Shop.example.com:8080',
  headers: { 'X-Token': 'abc', 'x-empty': '' },
};
const claims = {
  iss: 'https://issuer/x',
  sub: 'me',
  aud: ['a', 'b'],
  azp: 'app',
  scope: 'read write',
  roles: { admin: ['x'] },
  n: 1,
};

const asked = testRequest({
  from: { principal: cart, ip: '10.1.2.3', remoteIp: '9.9.9.9' },
  to: { ip: '10.7.7.7' },
  http,
  jwt: { claims },
  sni: 'web.example.com',
});

const engineOf = (rule: object) =>
  testEngine({
    pods: [testPod()],
    policies: [
      {
        ref: { kind: 'AuthorizationPolicy', namespace: 'default', name: 'p' },
        apiVersion: 'security.istio.io/v1',
        labels: new Map(),
        annotations: new Map(),
        specs: [{ path: 'spec', body: { rules: [rule] } }],
        source: 'test',
      },
    ],
  });

/** Fields with values, and whether one of them matches {@link asked}; the negated field then says the opposite. */
const sources: readonly [field: string, values: string[], matches: boolean][] = [
  ['principals', [cart], true],
  ['principals', ['cluster.local/ns/shop/sa/*'], true],
  ['principals', ['*/sa/cart'], true],
  ['principals', ['*'], true],
  ['principals', ['cluster.local/ns/shop/sa/car'], false],
  ['principals', ['spiffe://cluster.local/ns/shop/sa/cart'], false],
  ['namespaces', ['shop'], true],
  ['namespaces', ['sh*p'], true],
  ['namespaces', ['*'], true],
  ['namespaces', ['sho'], false],
  ['namespaces', ['sh.p'], false],
  ['serviceAccounts', ['shop/cart'], true],
  ['serviceAccounts', ['cart'], false],
  ['serviceAccounts', ['shop/car'], false],
  ['trustDomains', ['cluster.local'], true],
  ['trustDomains', ['cluster*'], true],
  ['trustDomains', ['*local'], true],
  ['trustDomains', ['*'], true],
  ['trustDomains', ['cluster'], false],
  ['trustDomains', ['clusterxlocal'], false],
  ['ipBlocks', ['10.1.0.0/16'], true],
  ['ipBlocks', ['10.1.2.3'], true],
  ['ipBlocks', ['9.9.9.9', '::/0'], false],
  ['remoteIpBlocks', ['9.9.0.0/16'], true],
  ['remoteIpBlocks', ['10.1.2.3'], false],
  ['requestPrincipals', ['https://issuer/x/me'], true],
  ['requestPrincipals', ['*'], true],
  ['requestPrincipals', ['*/me'], true],
  ['requestPrincipals', ['https://issuer/x/*'], true],
  ['requestPrincipals', ['https*'], true],
  ['requestPrincipals', ['*me'], true],
  ['requestPrincipals', ['https://issuer/x/you'], false],
];
const operations: readonly [field: string, values: string[], matches: boolean][] = [
  ['hosts', ['shop.EXAMPLE.com:8080'], true],
  ['hosts', ['shop.example.com'], false],
  ['hosts', ['shop.example.com:*'], true],
  ['hosts', ['*:8080'], true],
  ['hosts', ['*'], true],
  ['methods', ['GET'], true],
  ['methods', ['get'], false],
  ['methods', ['G*'], true],
  ['methods', ['*'], true],
  ['paths', ['/a/b'], true],
  ['paths', ['/A/b'], false],
  ['paths', ['/a*'], true],
  ['paths', ['*/b'], true],
  ['paths', ['/{*}/b'], true],
  ['paths', ['/{*}'], false],
  ['paths', ['/{**}'], true],
  ['ports', ['80'], true],
  ['ports', ['8080', '443'], false],
];
const conditions: readonly [key: string, values: string[], matches: boolean][] = [
  ['request.headers[x-token]', ['abc'], true],
  ['request.headers[X-TOKEN]', ['a*'], true],
  ['request.headers[x-token]', ['*c'], true],
  ['request.headers[x-token]', ['ABC'], false],
  ['request.headers[x-empty]', ['*'], true],
  ['request.headers[x-absent]', ['*'], false],
  ['request.headers[:authority]', ['Shop.example.com:8080'], true],
  ['request.headers[host]', ['Shop.*'], true],
  ['source.ip', ['10.1.2.0/24'], true],
  ['remote.ip', ['9.9.9.9'], true],
  ['source.namespace', ['shop'], true],
  ['source.principal', [cart], true],
  ['source.serviceAccount', ['shop/cart'], true],
  ['source.trustDomain', ['cluster.local'], true],
  ['request.auth.principal', ['https://issuer/x/me'], true],
  ['request.auth.audiences', ['b'], true],
  ['request.auth.audiences', ['c'], false],
  ['request.auth.presenter', ['app'], true],
  ['request.auth.claims[scope]', ['read'], true],
  ['request.auth.claims[scope]', ['read write'], false],
  ['request.auth.claims[roles][admin]', ['x'], true],
  ['request.auth.claims[roles]', ['*'], false],
  ['request.auth.claims[n]', ['1'], false],
  ['request.auth.claims[absent]', ['*'], false],
  ['destination.ip', ['10.7.0.0/16'], true],
  ['destination.port', ['80'], true],
  ['connection.sni', ['*.example.com'], true],
  ['connection.sni', ['example.com'], false],
];

const negatedName = (field: string): string => `not${field.charAt(0).toUpperCase()}${field.slice(1)}`;
const outcome = (matches: boolean): string => (matches ? 'allowed' : 'denied');

test.each(sources)('given from %s %j, when asked, then it matches: %s', (field, values, matches) => {
  const of = (name: string) => engineOf({ from: [{ source: { [name]: values } }] }).outcome(asked);
  expect(of(field)).toBe(outcome(matches));
  expect(of(negatedName(field))).toBe(outcome(!matches));
});

test.each(operations)('given to %s %j, when asked, then it matches: %s', (field, values, matches) => {
  const of = (name: string) => engineOf({ to: [{ operation: { [name]: values } }] }).outcome(asked);
  expect(of(field)).toBe(outcome(matches));
  expect(of(negatedName(field))).toBe(outcome(!matches));
});

test.each(conditions)('given when %s %j, when asked, then it matches: %s', (key, values, matches) => {
  expect(engineOf({ when: [{ key, values }] }).outcome(asked)).toBe(outcome(matches));
  expect(engineOf({ when: [{ key, notValues: values }] }).outcome(asked)).toBe(outcome(!matches));
});

test('given several conditions, when asked, then fields of an item and all of when must hold, items are alternatives', () => {
  const yes = { source: { namespaces: ['shop'] } };
  const no = { source: { namespaces: ['bank'] } };
  const half = { source: { namespaces: ['shop'], ipBlocks: ['1.1.1.1'] } };
  const both = { source: { namespaces: ['shop'], notNamespaces: ['shop'] } };
  expect(engineOf({ from: [no, yes] }).outcome(asked)).toBe('allowed');
  expect(engineOf({ from: [half] }).outcome(asked)).toBe('denied');
  expect(engineOf({ from: [both] }).outcome(asked)).toBe('denied');
  expect(engineOf({ from: [yes], to: [{ operation: { ports: ['81'] } }] }).outcome(asked)).toBe('denied');
  const when = [
    { key: 'destination.port', values: ['80'] },
    { key: 'source.ip', values: ['1.1.1.1'] },
  ];
  expect(engineOf({ when }).outcome(asked)).toBe('denied');
  expect(engineOf({ from: [], to: [], when: [] }).outcome(asked)).toBe('allowed');
});

const spaceDelimited = (issuer: string): string => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: r, namespace: default }
spec: { jwtRules: [{ issuer: "${issuer}", spaceDelimitedClaims: [groups] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: p, namespace: default }
spec: { rules: [{ when: [{ key: "request.auth.claims[groups]", values: [b] }] }] }
`;

test('given claims that are lists with spaces between, when a RequestAuthentication names them, then words match', () => {
  const request = testRequest({ http, jwt: { claims: { iss: 'me', groups: 'a b' } } });
  expect(testEngine({ policies: spaceDelimited('me') }).outcome(request)).toBe('allowed');
  expect(testEngine({ policies: spaceDelimited('you') }).outcome(request)).toBe('denied');
});

test.each([
  ['ALLOW', { principals: ['*'] }, {}, 'allowed'],
  ['ALLOW', { principals: ['*'] }, { methods: ['*'] }, 'denied'],
  ['ALLOW', { requestPrincipals: ['*'] }, { ports: ['80'] }, 'denied'],
  ['DENY', { principals: ['*'] }, { methods: ['POST'], hosts: ['x'], paths: ['/y'] }, 'denied'],
  ['DENY', { requestPrincipals: ['x'] }, { ports: ['81'] }, 'allowed'],
  ['DENY', { requestPrincipals: ['x'], namespaces: ['bank'] }, { ports: ['80'] }, 'allowed'],
])('given TCP and %s of %j and %j, when asked, then it is %4$s', (action, source, operation, expected) => {
  const rule = {
    from: [{ source }],
    ...(Object.keys(operation).length > 0 && { to: [{ operation }] }),
  };
  const engine = testEngine({
    policies: [
      {
        ref: { kind: 'AuthorizationPolicy', namespace: 'default', name: 'p' },
        apiVersion: 'security.istio.io/v1',
        labels: new Map(),
        annotations: new Map(),
        specs: [{ path: 'spec', body: { action, rules: [rule] } }],
        source: 'test',
      },
    ],
  });
  expect(engine.outcome(testRequest({ principal: cart }))).toBe(expected);
});
