import fc from 'fast-check';
import type { AuthorizationRule, OperationSpec, SourceSpec, WhenSpec } from '../../authorization/schema.ts';
import { authorizationPolicySchema } from '../../authorization/schema.ts';
import type { AuthorizationRequest } from '../../authorization/request.ts';
import type { ProxyRequest } from '../envoy-rbac/facts.ts';
import type { NamedSpec } from '../envoy-rbac/compile-rbac.ts';

// Policies and requests over a few values that touch each other (prefixes, suffixes, parts, cases), so that most rules
// match some requests and miss others.

const trustDomains = ['cluster.local', 'td.test', 'old-td'];
const namespaces = ['foo', 'foo-bar', 'bar', 'default'];
const accounts = ['sleep', 'sleep-2', 'default'];

const identity = fc
  .tuple(fc.constantFrom(...trustDomains), fc.constantFrom(...namespaces), fc.constantFrom(...accounts))
  .map(([domain, namespace, account]) => `${domain}/ns/${namespace}/sa/${account}`);

const texts = (values: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.uniqueArray(values, { minLength: 1, maxLength: 3 });

/** A field's positive values, negative values, both or none. */
const pair = (name: string, values: fc.Arbitrary<string>, weight = 1): fc.Arbitrary<Record<string, string[]>> => {
  const negated = `not${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant({}) },
    { weight: 3 * weight, arbitrary: texts(values).map((some) => ({ [name]: some })) },
    { weight: 2 * weight, arbitrary: texts(values).map((some) => ({ [negated]: some })) },
    {
      weight: 1,
      arbitrary: fc.tuple(texts(values), texts(values)).map(([some, not]) => ({ [name]: some, [negated]: not })),
    },
  );
};

const wild = (values: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...values), fc.nat({ max: 30 }), fc.nat({ max: 7 })).map(([value, cut, kind]) => {
    if (kind === 0) return '*';
    if (kind === 1) return `${value.slice(0, cut % (value.length + 1))}*`;
    if (kind === 2) return `*${value.slice(cut % value.length)}`;
    return value;
  });

const principals = fc.oneof(
  identity,
  identity.chain((name) => wild([name])),
  fc.constantFrom('*', 'foo/sa/x', '*/ns/foo/sa/sleep'),
);
const blocks = fc.constantFrom(
  '10.0.0.0/8',
  '10.0.0.1',
  '10.0.0.5/30',
  '192.168.0.0/16',
  '0.0.0.0/0',
  'fd00::/8',
  'fd00::1',
  '::/0',
);
const addresses = fc.constantFrom(
  '10.0.0.1',
  '10.0.0.2',
  '10.1.0.1',
  '192.168.0.7',
  '8.8.8.8',
  'fd00::1',
  '2001:db8::1',
);
const serviceAccounts = fc.constantFrom('sleep', 'foo/sleep', 'foo-bar/sleep', 'sleep-2', 'bar/default');
const requestPrincipals = fc.oneof(
  fc.constantFrom(
    '*',
    'issuer/sub',
    'https://issuer/path/sub',
    '*/sub',
    'issuer/*',
    '*b',
    'iss*',
    'issuer/s*',
    '*suer/sub',
    'sub',
    '/',
  ),
);
const hosts = fc.constantFrom(
  'example.com',
  'EXAMPLE.com',
  '*.com',
  'example*',
  '*',
  'example.com:8080',
  'example.com:*',
  'a.example.com',
);
const paths = fc.constantFrom(
  '/info',
  '/info*',
  '*/info',
  '*',
  '/',
  '/api/{*}',
  '/api/{**}',
  '/api/{*}/x',
  '/{**}/x',
  '/api/v1',
  '/API/v1',
  '/{*}',
);
const methods = fc.constantFrom('GET', 'POST', 'get', 'G*', '*T', '*', 'PUT');
const ports = fc.constantFrom('80', '8080', '0', '65535', '443');

const merged = (fields: readonly Record<string, string[]>[]): Record<string, string[]> =>
  Object.fromEntries(fields.flatMap((each) => Object.entries(each)));

const source: fc.Arbitrary<SourceSpec> = fc
  .tuple(
    fc.oneof(
      fc.tuple(pair('principals', principals), pair('namespaces', wild(namespaces))).map(([a, b]) => ({ ...a, ...b })),
      pair('serviceAccounts', serviceAccounts, 3),
    ),
    pair('requestPrincipals', requestPrincipals),
    pair('trustDomains', wild(trustDomains)),
    pair('ipBlocks', blocks),
    pair('remoteIpBlocks', blocks),
  )
  .map(merged)
  .filter((fields) => Object.keys(fields).length > 0);

const operation: fc.Arbitrary<OperationSpec> = fc
  .tuple(pair('hosts', hosts), pair('methods', methods), pair('paths', paths), pair('ports', ports))
  .map(merged)
  .filter((fields) => Object.keys(fields).length > 0);

const whenOf = (key: string, values: fc.Arbitrary<string>): fc.Arbitrary<WhenSpec> =>
  pair('values', values, 3)
    .filter((fields) => Object.keys(fields).length > 0)
    .map((fields) => ({ key, ...fields }));

const claimTexts = fc.constantFrom('a', 'b', 'ab', 'a*', '*b', '*', 'group1');

const when: fc.Arbitrary<WhenSpec> = fc.oneof(
  whenOf('request.headers[X-Token]', fc.constantFrom('a', 'b', 'a*', '*b', '*')),
  whenOf('request.headers[x-empty]', fc.constantFrom('*', 'a')),
  whenOf('source.ip', blocks),
  whenOf('remote.ip', blocks),
  whenOf('source.namespace', wild(namespaces)),
  whenOf('source.principal', principals),
  whenOf('source.serviceAccount', serviceAccounts),
  whenOf('source.trustDomain', wild(trustDomains)),
  whenOf('request.auth.principal', requestPrincipals),
  whenOf('request.auth.audiences', claimTexts),
  whenOf('request.auth.presenter', claimTexts),
  whenOf('request.auth.claims[groups]', claimTexts),
  whenOf('request.auth.claims[nested][key]', claimTexts),
  whenOf('destination.ip', blocks),
  whenOf('destination.port', ports),
  whenOf('connection.sni', fc.constantFrom('www.example.com', '*.example.com', 'www*', '*')),
);

const some = <T>(items: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(items, { minLength: 1, maxLength: 2 });

/** A rule with every field and key that decides by what is known of a request. */
export const arbitraryRule: fc.Arbitrary<AuthorizationRule> = fc.record(
  {
    from: some(fc.record({ source })),
    to: some(fc.record({ operation })),
    when: fc.array(when, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);

/** A few ALLOW and DENY policies of one namespace. */
export const arbitrarySpecs: fc.Arbitrary<readonly NamedSpec[]> = fc
  .array(
    fc
      .record({
        action: fc.constantFrom('ALLOW', 'DENY'),
        rules: fc.array(arbitraryRule, { minLength: 0, maxLength: 3 }),
      })
      .filter(({ action, rules }) => action === 'ALLOW' || rules.length > 0),
    { minLength: 1, maxLength: 3 },
  )
  .map((specs) =>
    specs.map((spec, index) => ({
      namespace: 'default',
      name: `policy-${index}`,
      spec: authorizationPolicySchema.parse(spec),
    })),
  );

const claims = fc.record(
  {
    iss: fc.constantFrom('issuer', 'https://issuer/path', '', 'iss'),
    sub: fc.constantFrom('sub', 's', 'ab', ''),
    aud: fc.oneof(fc.constantFrom('a', 'b'), fc.constantFrom(['a', 'c'], ['ab'], [])),
    azp: fc.constantFrom('a', 'ab', 'group1'),
    groups: fc.oneof(fc.constantFrom('a', 'group1'), fc.constantFrom(['a', 'b'], ['group1'], [1, true], [])),
    nested: fc.oneof(
      fc.constantFrom({ key: 'a' }, { key: ['b', 'ab'] }, { other: 'a' }, { key: { a: 'b' } }),
      fc.constant('key'),
    ),
  },
  { requiredKeys: [] },
);

/** A request of which everything is known. */
export const arbitraryRequest: fc.Arbitrary<ProxyRequest> = fc.record({
  principal: fc.option(identity, { nil: undefined, freq: 4 }),
  sourceIp: addresses,
  remoteIp: addresses,
  destinationIp: addresses,
  port: fc.constantFrom(80, 8080, 443, 1),
  sni: fc.constantFrom('', 'www.example.com', 'example.com'),
  http: fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'get'),
    path: fc.constantFrom(
      '/info',
      '/info?x=1',
      '/info/a#b',
      '/',
      '/api/v1',
      '/api/v1/x',
      '/api/',
      '/api',
      '/a/info',
      '/api/v%201',
      '/API/v1',
    ),
    host: fc.constantFrom('example.com', 'Example.COM', 'a.example.com', 'example.com:8080', 'other'),
    headers: fc.record(
      { 'x-token': fc.constantFrom('a', 'b', 'ab'), 'x-empty': fc.constant('') },
      { requiredKeys: [] },
    ),
  }),
  claims,
});

/** The same request as a question to the engine. */
export function asQuestion(request: ProxyRequest): AuthorizationRequest {
  const { principal, sourceIp, remoteIp, destinationIp, port, sni, http, claims: given } = request;
  return {
    source: { principal: principal ?? '', ip: sourceIp, remoteIp },
    destination: { namespace: 'default', pod: 'web', ip: destinationIp, port },
    protocol: 'TCP',
    sni,
    ...(http !== undefined && { http }),
    jwt: { claims: given },
  };
}

/** Specs as policies for the engine. */
export function asPolicies(specs: readonly NamedSpec[]) {
  return specs.map(({ namespace, name, spec }) => ({
    ref: { kind: 'AuthorizationPolicy' as const, namespace, name },
    apiVersion: 'security.istio.io/v1',
    labels: new Map<string, string>(),
    annotations: new Map<string, string>(),
    specs: [{ path: 'spec', body: { ...spec } }],
    source: 'generated',
  }));
}
