import { describe, expect, it } from 'vitest';
import { AUTHORIZATION_DEFAULTS } from '../model/profile.ts';
import {
  edge,
  november,
  pod,
  profile,
  recommended,
  request,
  specOf,
  subjectOf,
  world,
} from '../testing/recommendation/shop.ts';

const [web, cart, db] = [pod('shop', 'web'), pod('shop', 'cart'), pod('shop', 'db')];
const strict = `{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {namespace: istio-system, name: default}, spec: {mtls: {mode: STRICT}}}`;
const kind = 'authorization';
const l7 = [
  request(web, cart, 8080, 'GET /cart/{id}'),
  request(web, cart, 8080, 'POST /cart'),
  request(web, cart, 8080, 'PUT /cart'),
];

describe('recommending AuthorizationPolicy objects', () => {
  it('given requests with a principal, then it may make just them', () => {
    const result = recommended({ kind, l7, manifests: [strict] });
    expect(specOf(result, 'kestrel-cart')).toEqual({
      selector: { matchLabels: { app: 'cart' } },
      action: 'ALLOW',
      rules: [
        {
          from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }],
          to: [
            { operation: { ports: ['8080'], methods: ['GET'], paths: ['/cart/{*}'] } },
            { operation: { ports: ['8080'], methods: ['POST', 'PUT'], paths: ['/cart'] } },
          ],
        },
      ],
    });
    expect(result.manifests).toHaveLength(1);
  });

  it('given a source without mutual TLS, then there is no rule for it, and the workload is withheld', () => {
    const result = recommended({
      kind,
      l7: [...l7, request(db, cart, 8080, 'GET /health', { principal: '' })],
      manifests: [strict],
    });
    expect(result.manifests).toEqual([]);
    expect(result.inexpressible).toMatchObject([{ what: 'principal' }]);
    expect(subjectOf(result, 'cart', 'ingress')?.state).toBe('withheld');
  });

  it('given TCP and strict mutual TLS, then the service account of the source is its principal', () => {
    const mesh = { ...profile('generic'), authorization: { ...AUTHORIZATION_DEFAULTS, dataPlane: 'ztunnel' as const } };
    const result = recommended({ kind, l4: [edge(cart, db, 5432)], manifests: [strict], profile: mesh });
    expect(specOf(result, 'kestrel-db')?.['rules']).toEqual([
      {
        from: [{ source: { principals: ['cluster.local/ns/shop/sa/default'] } }],
        to: [{ operation: { ports: ['5432'] } }],
      },
    ]);
    expect(result.generalisations).toMatchObject([{ kind: 'service-account', alsoReaches: [{ name: 'db' }] }]);
  });

  it('given TCP without strict mutual TLS, then whether there is a principal is not known: withheld', () => {
    const result = recommended({ kind, l4: [edge(cart, db, 5432)] });
    expect(result.manifests).toEqual([]);
    expect(subjectOf(result, 'db', 'ingress')?.reasons).toHaveLength(1);
  });

  it('given ztunnel, then requests are not told apart, and it is said', () => {
    const mesh = { ...profile('generic'), authorization: { ...AUTHORIZATION_DEFAULTS, dataPlane: 'ztunnel' as const } };
    const result = recommended({ kind, l7, manifests: [strict], profile: mesh });
    expect(JSON.stringify(result.manifests)).not.toContain('methods');
    expect(result.inexpressible).toMatchObject([{ what: 'requests', connections: 3 }]);
  });

  it('given nobody who enforces, then nothing is recommended', () => {
    const mesh = { ...profile('generic'), authorization: { ...AUTHORIZATION_DEFAULTS, dataPlane: 'none' as const } };
    const result = recommended({ kind, l7, profile: mesh });
    expect(result.manifests).toEqual([]);
    expect(subjectOf(result, 'cart', 'ingress')?.reasons).toEqual([
      'no data plane of Istio enforces authorization there',
    ]);
  });

  it('given a source outside, then it is its address', () => {
    const result = recommended({ kind, l4: [edge(world('9.9.9.9'), db, 5432)] });
    expect(JSON.stringify(result.manifests)).toContain('"ipBlocks":["9.9.9.9/32"]');
  });

  it('given mode namespace, then a policy without rules denies the rest', () => {
    const result = recommended({ kind, l7, manifests: [strict], mode: 'namespace' });
    expect(specOf(result, 'kestrel-default-deny')).toEqual({});
  });

  it('given the root namespace, then nothing is recommended in it: it would be about the whole mesh', () => {
    const mesh = {
      ...profile('generic'),
      authorization: { ...AUTHORIZATION_DEFAULTS, dataPlane: 'sidecar' as const, rootNamespace: 'shop' },
    };
    expect(recommended({ kind, l7, profile: mesh, mode: 'namespace' }).manifests).toEqual([]);
  });

  it('given a refused request that a path template would let through, then the workload is withheld', () => {
    const refused = request(web, cart, 8080, 'GET /cart/7', { denied: november(20) });
    const result = recommended({ kind, l7: [...l7, refused], manifests: [strict] });
    expect(result.manifests).toEqual([]);
    expect(result.conflicts).toMatchObject([{ kind: 'denied-but-needed' }]);
  });

  it('given a policy that lets more through than was seen, then tightening replaces its rules', () => {
    const wide = `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {namespace: shop, name: cart}, spec: {selector: {matchLabels: {app: cart}}, rules: [{from: [{source: {namespaces: [shop]}}]}]}}`;
    const result = recommended({
      kind,
      l7: [request(web, cart, 8080, 'GET /cart')],
      manifests: [strict, wide],
      mode: 'tighten-existing',
    });
    expect(result.replaces).toEqual([{ kind: 'AuthorizationPolicy', namespace: 'shop', name: 'cart' }]);
    expect(specOf(result, 'cart')?.['rules']).toEqual([
      {
        from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }],
        to: [{ operation: { ports: ['8080'], methods: ['GET'], paths: ['/cart'] } }],
      },
    ]);
  });
});
