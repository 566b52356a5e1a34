import { expect, test } from 'vitest';
import { testEngine, testPod, testService } from '../testing/authorization/mesh.ts';
import type { AuthorizationDestination, AuthorizationSource } from './request.ts';

const cart = 'cluster.local/ns/shop/sa/cart';
const workload = { kind: 'Deployment', namespace: 'default', name: 'web' };
const of = (app: string) => new Map([['app', app]]);

const sources: readonly (() => AuthorizationSource)[] = [
  () => ({}),
  () => ({ namespace: 'shop' }),
  () => ({ namespace: 'shop', pod: 'cart' }),
  () => ({ namespace: 'shop', pod: 'gone' }),
  () => ({ namespace: 'shop', labels: of('cart') }),
  () => ({ namespace: 'shop', labels: of('gone') }),
  () => ({ namespace: 'shop', serviceAccount: 'cart' }),
  () => ({ namespace: 'shop', serviceAccount: 'other' }),
  () => ({ ip: '10.0.0.9' }),
  () => ({ ip: '10.9.9.9' }),
  () => ({ principal: '' }),
  () => ({ principal: cart }),
  () => ({ principal: cart, ip: '10.0.0.9' }),
];

const destinations: readonly (() => AuthorizationDestination)[] = [
  () => ({ namespace: 'default', port: 80 }),
  () => ({ namespace: 'other', port: 80 }),
  () => ({ namespace: 'default', pod: 'web', port: 80 }),
  () => ({ namespace: 'default', pod: 'web', port: 81 }),
  () => ({ namespace: 'default', pod: 'web', ip: '10.9.9.9', port: 80 }),
  () => ({ namespace: 'default', pod: 'api', port: 80 }),
  () => ({ namespace: 'default', workload, port: 80 }),
  () => ({ namespace: 'default', workload: { ...workload, name: 'api' }, port: 80 }),
  () => ({ namespace: 'default', workload: { ...workload, kind: 'Service' }, port: 80 }),
  () => ({ namespace: 'default', workload: { ...workload, kind: 'Service', name: 'gone' }, port: 80 }),
  () => ({ namespace: 'default', labels: of('web'), port: 80 }),
  () => ({ namespace: 'default', labels: of('api'), port: 80 }),
  () => ({ namespace: 'default', labels: new Map(), port: 80 }),
];

const scene = {
  pods: [
    testPod({ labels: { app: 'web' }, workload, ips: ['10.0.0.1'] }),
    testPod({ name: 'api', labels: { app: 'api' }, workload: { ...workload, name: 'api' }, ips: ['10.0.0.2'] }),
    testPod({ namespace: 'shop', name: 'cart', serviceAccount: 'cart', labels: { app: 'cart' }, ips: ['10.0.0.9'] }),
  ],
  services: [testService({ name: 'web', selector: { app: 'web' }, ports: [] })],
};
const policy = (kind: string, name: string, spec: string): string =>
  `{ apiVersion: security.istio.io/v1, kind: ${kind}, metadata: { name: ${name} }, spec: ${spec} }\n`;
const authorization = (name: string, spec: string): string => policy('AuthorizationPolicy', name, spec);
const policies = [
  authorization(
    'a',
    '{ selector: { matchLabels: { app: web } }, rules: [{ from: [{ source: { principals: ["*cart"] } }] }] }',
  ),
  authorization('b', '{ action: DENY, rules: [{ to: [{ operation: { ports: ["81"] } }] }] }'),
  authorization('c', '{ action: DENY, rules: [{ when: [{ key: destination.ip, values: [10.9.9.9, 10.0.0.2] }] }] }'),
  authorization('d', '{ action: DENY, rules: [{ from: [{ source: { ipBlocks: [10.9.9.9] } }] }] }'),
  authorization(
    'e',
    '{ targetRefs: [{ kind: Service, group: "", name: web }], action: DENY, rules: [{ from: [{ source: { notPrincipals: ["*cart"] } }] }] }',
  ),
  policy('PeerAuthentication', 'p', '{ selector: { matchLabels: { app: api } }, mtls: { mode: STRICT } }'),
].join('---\n');

test.each(['by-pod', 'sidecar', 'ztunnel', 'waypoint'] as const)(
  'given %s, when an engine has answered other questions before, then it answers as a new one does',
  (dataPlane) => {
    const engineOf = () => testEngine({ ...scene, policies }, { dataPlane });
    const warm = engineOf();
    const answer = (engine: typeof warm, source: AuthorizationSource, destination: AuthorizationDestination) => {
      const request = { source, destination, protocol: 'TCP' as const };
      return {
        outcome: engine.outcome(request),
        verdict: engine.verdict(request),
        matching: engine.matching(request),
        applying: engine.applying(destination).map(({ ref }) => ref.name),
      };
    };
    const outcomes = new Set<string>();
    for (const source of sources) {
      for (const destination of destinations) {
        const expected = answer(engineOf(), source(), destination());
        expect(answer(warm, source(), destination())).toEqual(expected);
        expect(expected.verdict.outcome).toBe(expected.outcome);
        outcomes.add(expected.outcome);
      }
    }
    expect(outcomes.size).toBeGreaterThan(1);
  },
);

test('given an engine that has answered, when it gets other policies, then those decide', () => {
  const engine = testEngine({ ...scene, policies });
  const request = {
    source: { principal: cart },
    destination: { namespace: 'default', pod: 'web', port: 81 },
    protocol: 'TCP' as const,
  };
  expect(engine.outcome(request)).toBe('denied');
  expect(engine.with([]).outcome(request)).toBe('allowed');
  expect(engine.outcome(request)).toBe('denied');
});
