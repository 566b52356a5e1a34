import { describe, expect, it } from 'vitest';
import {
  apiServer,
  dns,
  edge,
  november,
  outward,
  pod,
  profile,
  recommended,
  request,
  specOf,
  subjectOf,
  world,
} from '../testing/recommendation/shop.ts';

const [web, cart] = [pod('shop', 'web'), pod('shop', 'cart')];
const node = { ...world('192.168.0.7'), peerClass: 3 } as const;

describe('recommending CiliumNetworkPolicy objects', () => {
  it('given API server, nodes and names, then they are entities and FQDNs, and DNS is read', () => {
    const l4 = [
      outward(cart, apiServer, 6443),
      outward(cart, node, 10250),
      outward(cart, world('1.2.3.4', 'API.example.com.'), 443),
      outward(cart, world('5.6.7.8'), 443),
      edge(cart, dns, 53, { protocol: 2 }),
    ];
    const result = recommended({ kind: 'cilium', l4 });
    expect(specOf(result, 'kestrel-cart')?.['egress']).toEqual([
      {
        toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s-app': 'kube-dns' } }],
        toPorts: [
          {
            ports: [
              { port: '53', protocol: 'TCP' },
              { port: '53', protocol: 'UDP' },
            ],
            rules: { dns: [{ matchPattern: '*' }] },
          },
        ],
      },
      { toEntities: ['kube-apiserver'], toPorts: [{ ports: [{ port: '6443', protocol: 'TCP' }] }] },
      { toEntities: ['remote-node'], toPorts: [{ ports: [{ port: '10250', protocol: 'TCP' }] }] },
      { toFQDNs: [{ matchName: 'api.example.com' }], toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] },
      { toCIDR: ['5.6.7.8/32'], toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] },
    ]);
  });

  it('given names and no DNS traffic, then DNS is allowed, and it is listed', () => {
    const result = recommended({ kind: 'cilium', l4: [outward(cart, world('1.2.3.4', 'api.example.com'), 443)] });
    expect(result.generalisations.map(({ kind }) => kind)).toEqual(['dns-for-names', 'name']);
    expect(result.manifests[0]?.metadata.annotations?.['kestrel.ai/evidence-egress-0']).toBe('not seen');
  });

  it('given requests, then their methods and path templates are let through, and no others', () => {
    const l7 = [request(web, cart, 8080, 'GET /cart/{id}'), request(web, cart, 8080, 'POST /cart')];
    const result = recommended({ kind: 'cilium', l4: [edge(web, cart, 8080)], l7 });
    expect(specOf(result, 'kestrel-cart')?.['ingress']).toEqual([
      {
        fromEndpoints: [{ matchLabels: { app: 'web' } }],
        toPorts: [
          {
            ports: [{ port: 'http', protocol: 'TCP' }],
            rules: {
              http: [
                { method: 'POST', path: String.raw`/cart(\?.*)?` },
                { method: 'GET', path: String.raw`/cart/[^/?]+(\?.*)?` },
              ],
            },
          },
        ],
      },
    ]);
    expect(result.generalisations.map(({ kind }) => kind)).toEqual([
      'path-template',
      'pod-selector',
      'pod-selector',
      'query',
      'query',
    ]);
  });

  it('given a refused request that a path template would let through, then requests are not told apart, and it stays out', () => {
    const l7 = [
      request(web, cart, 8080, 'GET /cart/{id}'),
      request(web, cart, 8080, 'GET /cart/7', { denied: november(20) }),
    ];
    const result = recommended({ kind: 'cilium', l7 });
    expect(JSON.stringify(result.manifests)).not.toContain('[^/?]+');
  });

  it('given ICMP, then it is a rule of its own', () => {
    const result = recommended({ kind: 'cilium', l4: [edge(web, cart, 8, { protocol: 4 })] });
    expect(specOf(result, 'kestrel-cart')?.['ingress']).toEqual([
      { fromEndpoints: [{ matchLabels: { app: 'web' } }], icmps: [{ fields: [{ family: 'IPv4', type: 8 }] }] },
    ]);
  });

  it('given mode namespace, then an empty rule denies by default', () => {
    const result = recommended({ kind: 'cilium', mode: 'namespace', l4: [edge(web, cart, 8080)] });
    expect(specOf(result, 'kestrel-default-deny')).toEqual({ endpointSelector: {}, ingress: [{}], egress: [{}] });
    expect(subjectOf(result, 'db', 'ingress')?.state).toBe('default-deny');
  });

  it('given another profile, then the one that was assumed is said', () => {
    const result = recommended({ kind: 'cilium', l4: [edge(web, cart, 8080)], profile: profile('generic') });
    expect(result.problems).toMatchObject([{ code: 'assumed' }]);
    expect(result.profile.network.kind).toBe('cilium');
  });
});
