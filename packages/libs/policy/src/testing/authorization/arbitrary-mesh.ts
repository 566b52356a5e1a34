import fc from 'fast-check';
import { arbitraryRule } from './arbitrary-authorization.ts';

/** A policy object of a generated mesh, as JSON. */
export interface MeshObject {
  readonly kind: 'AuthorizationPolicy' | 'PeerAuthentication';
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The root namespace of generated meshes. */
export const meshRoot = 'istio-system';

const scope = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ selector: {} }) },
  { weight: 3, arbitrary: fc.constant({ selector: { matchLabels: { app: 'web' } } }) },
  { weight: 1, arbitrary: fc.constant({ selector: { matchLabels: { app: 'web', tier: 'front' } } }) },
  { weight: 1, arbitrary: fc.constant({ selector: { matchLabels: { app: 'other' } } }) },
  {
    weight: 1,
    arbitrary: fc.constant({ targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }] }),
  },
);

const annotations = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ 'istio.io/dry-run': 'true' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { 'istio.io/dry-run': 'false' },
      { 'istio.io/dry-run': 'maybe' },
      { 'istio.io/dry-run': 'T' },
    ),
  },
);

const place = fc.constantFrom('default', 'default', meshRoot, 'other');

const body = fc.record({
  action: fc.constantFrom('ALLOW', 'ALLOW', 'DENY', 'DENY', 'AUDIT'),
  rules: fc.array(arbitraryRule, { minLength: 0, maxLength: 3 }),
});

/** What istiod refuses, or nearly does: whole specs that touch one check each. */
const borderline = fc.constantFrom<Record<string, unknown>>(
  { action: 'DENY' },
  { action: 'ALLOW' },
  {},
  { action: 'ALLOW', provider: { name: 'x' }, rules: [{}] },
  { action: 'CUSTOM', rules: [{}] },
  { action: 'CUSTOM', provider: { name: 'x' }, rules: [{ from: [{ source: { principals: ['a'] } }] }] },
  { action: 'CUSTOM', provider: { name: 'x' } },
  { action: 'NONE', rules: [{}] },
  { rules: [{ from: [{ source: {} }] }] },
  { rules: [{ to: [{ operation: {} }] }] },
  { rules: [{ from: [{}] }] },
  { rules: [{ from: [], to: [] }] },
  { action: 'DENY', rules: [] },
  { rules: [{ to: [{ operation: { ports: ['65536'] } }] }] },
  { rules: [{ to: [{ operation: { ports: ['http'] } }] }] },
  { rules: [{ to: [{ operation: { ports: ['080'] } }] }] },
  { rules: [{ to: [{ operation: { methods: [''] } }] }] },
  { rules: [{ to: [{ operation: { paths: ['/{**}/{*}'] } }] }] },
  { rules: [{ to: [{ operation: { paths: ['/{**}/x'] } }] }] },
  { rules: [{ to: [{ operation: { paths: ['/a{*}'] } }] }] },
  { rules: [{ to: [{ operation: { paths: ['/{x}'] } }] }] },
  { rules: [{ to: [{ operation: { paths: ['/x*/{*}'] } }] }] },
  { rules: [{ to: [{ operation: { notPaths: ['/{*}//x'] } }] }] },
  { rules: [{ from: [{ source: { ipBlocks: ['10.0.0.1/33'] } }] }] },
  { rules: [{ from: [{ source: { notIpBlocks: ['10.0.0'] } }] }] },
  { rules: [{ from: [{ source: { remoteIpBlocks: ['fe80::1/64'] } }] }] },
  { rules: [{ from: [{ source: { remoteIpBlocks: ['::ffff:1.2.3.4'] } }] }] },
  { rules: [{ from: [{ source: { ipBlocks: ['010.0.0.1'] } }] }] },
  { rules: [{ from: [{ source: { serviceAccounts: ['a'], namespaces: ['b'] } }] }] },
  { rules: [{ from: [{ source: { serviceAccounts: ['a*'] } }] }] },
  { rules: [{ from: [{ source: { serviceAccounts: ['a/b/c'] } }] }] },
  { rules: [{ from: [{ source: { serviceAccounts: ['/b'] } }] }] },
  { rules: [{ from: [{ source: { notServiceAccounts: Array.from({ length: 17 }, (_, n) => `a${n}`) } }] }] },
  { rules: [{ from: [{ source: { trustDomains: ['a*b'] } }] }] },
  { rules: [{ from: [{ source: { notTrustDomains: ['a/b'] } }] }] },
  { rules: [{ from: [{ source: { trustDomains: ['**'] } }] }] },
  { rules: [{ when: [{ key: 'source.ip' }] }] },
  { rules: [{ when: [{ key: 'source.ip', values: ['x'] }] }] },
  { rules: [{ when: [{ key: 'destination.labels[a]', values: ['x'] }] }] },
  { rules: [{ when: [{ key: 'request.headers[]', values: ['x'] }] }] },
  { rules: [{ when: [{ key: 'request.headers', values: ['x'] }] }] },
  { rules: [{ when: [{ key: 'request.auth.claims[a', values: ['x'] }] }] },
  { rules: [{ when: [{ key: 'destination.port', notValues: ['99999'] }] }] },
  { rules: [{ when: [{ key: 'source.trustDomain', values: ['a/b'] }] }] },
  { rules: [{ when: [{ key: 'connection.sni', values: [''] }] }] },
  { selector: { matchLabels: { app: '*' } }, rules: [{}] },
  { selector: { matchLabels: { app: 'web' } }, targetRefs: [{ kind: 'Service', name: 'web' }], rules: [{}] },
  { targetRefs: [{ kind: 'Service', name: 'web', namespace: 'other' }], rules: [{}] },
  { targetRefs: [{ kind: 'Pod', name: 'web' }], rules: [{}] },
  { targetRef: { group: 'core', kind: 'Service', name: 'web' }, rules: [{}] },
);

const authorization = fc
  .record({
    namespace: place,
    annotations,
    spec: fc.oneof(
      { weight: 9, arbitrary: fc.tuple(scope, body).map(([where, what]) => ({ ...where, ...what })) },
      { weight: 1, arbitrary: borderline },
    ),
  })
  .map((object) => ({ kind: 'AuthorizationPolicy' as const, ...object }));

const mtls = fc.constantFrom('UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT').map((mode) => ({ mode }));

const portLevelMtls = fc.dictionary(fc.constantFrom('80', '8080', '443', '0', '65536'), mtls, {
  minKeys: 0,
  maxKeys: 2,
});

const peer = fc
  .record({
    namespace: place,
    annotations: fc.constant({}),
    spec: fc
      .tuple(
        scope.filter((where) => !('targetRefs' in where)),
        fc.record({ mtls, portLevelMtls }, { requiredKeys: [] }),
      )
      .map(([where, what]) => ({ ...where, ...what })),
  })
  .map((object) => ({ kind: 'PeerAuthentication' as const, ...object }));

const named = <T>(objects: readonly T[]): (T & { name: string })[] =>
  objects.map((object, index) => ({ ...object, name: `p${index}` }));

/** AuthorizationPolicies over three namespaces, valid, nearly valid and invalid. */
export const arbitraryAuthorizations: fc.Arbitrary<readonly MeshObject[]> = fc
  .array(authorization, { minLength: 1, maxLength: 5 })
  .map(named);

/** PeerAuthentications, at most one for each place and scope, since ages are not known to the engine. */
export const arbitraryPeers: fc.Arbitrary<readonly MeshObject[]> = fc
  .uniqueArray(peer, {
    minLength: 1,
    maxLength: 4,
    selector: ({ namespace, spec }) => `${namespace} ${'selector' in spec && 'matchLabels' in spec.selector}`,
  })
  .map(named);
