import { describe, expect, test } from 'vitest';
import { readManifests } from '../parse/read-manifests.ts';
import { Places } from './places.ts';
import { requestLineSchema } from './request-line.ts';

const MANIFESTS = `
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 172.16.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: []}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-1, namespace: shop, labels: {app: cart}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 5353, protocol: UDP}]}]}
status: {podIP: 10.0.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-2, namespace: shop, labels: {app: cart}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 9090}]}]}
status: {podIP: 10.0.0.3}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.1
  externalIPs: [203.0.113.1]
  selector: {app: cart}
  ports:
  - {name: http, port: 80, targetPort: http, nodePort: 30080}
  - {name: dns, port: 53, protocol: UDP, targetPort: dns}
---
apiVersion: v1
kind: Service
metadata: {name: local, namespace: shop}
spec: {type: LoadBalancer, externalTrafficPolicy: Local, clusterIP: 10.96.0.2, externalIPs: [203.0.113.2], selector: {app: cart}, ports: [{port: 80, targetPort: 1}]}
---
apiVersion: v1
kind: Service
metadata: {name: manual, namespace: shop}
spec: {clusterIP: 10.96.0.3, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: manual-1, namespace: shop, labels: {kubernetes.io/service-name: manual}}
addressType: IPv4
endpoints: [{addresses: [10.0.0.2]}, {addresses: [192.0.2.7]}]
ports: [{name: "", port: 7070, protocol: TCP}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec: {selector: {}, template: {metadata: {labels: {app: api}}, spec: {containers: []}}}
`;

const places = new Places(readManifests([{ source: 'm.yaml', text: MANIFESTS }]));
const web = { namespace: 'shop', pod: 'web' };

function destinations(dst: object, o: { src?: object; protocol?: string } = {}) {
  const { src = web, protocol = 'TCP' } = o;
  const { lines, sourceHidden } = places.of(requestLineSchema.parse({ id: 1, src, dst, protocol }));
  const found = lines.map((line) => `${line.dst.pod ?? line.dst.ip} ${line.dst.port}`);
  return { found, sourceHidden };
}

describe('Places', () => {
  test('given the address of a service then there is a line for each backend with the port that its service has there', () => {
    expect(destinations({ ip: '10.96.0.1', port: 80 })).toEqual({
      found: ['cart-1 8080', 'cart-2 9090'],
      sourceHidden: false,
    });
    expect(destinations({ ip: '10.96.0.1', port: 53 }, { protocol: 'UDP' }).found).toEqual(['cart-1 5353']);
    expect(destinations({ ip: '10.96.0.2', port: 80 }).found).toEqual(['cart-1 1', 'cart-2 1']);
  });

  test('given a pod and the address of its service then the pod is judged without that address', () => {
    const named = { namespace: 'shop', pod: 'cart-2', ip: '10.96.0.1' };
    expect(destinations({ ...named, port: 80 }).found).toEqual(['cart-2 9090']);
    expect(destinations({ ...named, port: 9090 }).found).toEqual(['cart-2 9090']);
    const [line] = places.of(requestLineSchema.parse({ id: 1, src: web, dst: { ...named, port: 9090 } })).lines;
    expect(line.dst.ip).toBeUndefined();
  });

  test('given endpoints by hand then they are the backends, pods or not', () => {
    expect(destinations({ ip: '10.96.0.3', port: 80 }).found).toEqual(['cart-1 7070', '192.0.2.7 7070']);
  });

  test('given a port that the service has not then it is taken as it is', () => {
    expect(destinations({ ip: '10.96.0.1', port: 8080 }).found).toEqual(['10.96.0.1 8080']);
  });

  test('given somebody from outside then a service hides it, unless its traffic stays local', () => {
    const world = { src: { ip: '198.51.100.1' } };
    expect(destinations({ ip: '203.0.113.1', port: 80 }, world).sourceHidden).toBe(true);
    expect(destinations({ ip: '203.0.113.2', port: 80 }, world).sourceHidden).toBe(false);
    expect(destinations({ ip: '203.0.113.1', port: 80 }).sourceHidden).toBe(false);
    expect(destinations({ ip: '203.0.113.1', port: 80 }, { src: { ip: '10.0.0.1' } }).sourceHidden).toBe(false);
  });

  test("given a node's port then it leads to the service, and hides everybody", () => {
    expect(destinations({ ip: '172.16.0.1', port: 30_080 })).toEqual({
      found: ['cart-1 8080', 'cart-2 9090'],
      sourceHidden: true,
    });
    expect(destinations({ ip: '172.16.0.1', port: 10_250 })).toEqual({
      found: ['172.16.0.1 10250'],
      sourceHidden: false,
    });
  });

  test('given the address of a pod then it is the pod', () => {
    expect(destinations({ ip: '10.0.0.2', port: 5 }).found).toEqual(['cart-1 5']);
    const { lines } = places.of(
      requestLineSchema.parse({ id: 1, src: { ip: '10.0.0.1' }, dst: { ip: '192.0.2.1', port: 5 } }),
    );
    expect(lines.map(({ src, dst }) => [src.pod, dst.pod])).toEqual([['web', undefined]]);
  });

  test('given a name that a workload gives its pods then the pod that stands for them is named', () => {
    expect(places.standIn('shop', 'api-7d9f8c6b5-x2x4z')).toBe('api');
    expect(places.standIn('shop', 'cart-1')).toBe('cart-1');
    expect(places.standIn('shop', 'other-7d9f8c6b5-x2x4z')).toBe('other-7d9f8c6b5-x2x4z');
  });
});
