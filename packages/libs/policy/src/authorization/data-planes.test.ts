import { expect, test } from 'vitest';
import { testEngine, testPod, testRequest, testService } from '../testing/authorization/mesh.ts';

const authorization = (name: string, spec: string, o: { namespace?: string; annotations?: string } = {}): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: ${o.namespace ?? 'default'}, annotations: {${o.annotations ?? ''}} }
spec: ${spec}
`;
const peer = (name: string, spec: string, namespace = 'default'): string => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;
const client = testPod({ namespace: 'shop', name: 'client', serviceAccount: 'cart' });
const fromClient = { namespace: 'shop', pod: 'client' };
const get = { method: 'GET', path: '/', host: 'web', headers: {} };
const cart = 'cluster.local/ns/shop/sa/cart';

test.each([
  [
    'an ALLOW rule with an HTTP field is left out',
    '{ rules: [{ to: [{ operation: { methods: [GET], ports: ["80"] } }] }] }',
    80,
    'denied',
  ],
  [
    'a DENY rule with only HTTP fields does nothing',
    '{ action: DENY, rules: [{ to: [{ operation: { methods: [GET] } }] }] }',
    80,
    'allowed',
  ],
  [
    'a DENY rule keeps its ports',
    '{ action: DENY, rules: [{ to: [{ operation: { methods: [GET], ports: ["80"] } }] }] }',
    80,
    'denied',
  ],
  [
    'a DENY rule keeps its other items',
    '{ action: DENY, rules: [{ to: [{ operation: { methods: [GET] } }, { operation: { ports: ["81"] } }] }] }',
    81,
    'denied',
  ],
  [
    'a DENY with a token condition does nothing',
    '{ action: DENY, rules: [{ when: [{ key: "request.auth.principal", values: ["*"] }] }] }',
    80,
    'allowed',
  ],
  ['an empty rule matches', '{ action: DENY, rules: [{}] }', 80, 'denied'],
  ['no rules match nothing', '{ }', 80, 'denied'],
  ['CUSTOM has no effect', '{ action: CUSTOM, provider: { name: x }, rules: [{}] }', 80, 'allowed'],
  ['AUDIT has no effect', '{ action: AUDIT, rules: [{}] }', 80, 'allowed'],
  [
    'targetRefs are not for it',
    '{ targetRefs: [{ kind: Service, group: "", name: web }], action: DENY, rules: [{}] }',
    80,
    'allowed',
  ],
  [
    'service accounts are those of the namespace',
    '{ rules: [{ from: [{ source: { serviceAccounts: [shop/cart] } }] }] }',
    80,
    'allowed',
  ],
  [
    'trust domains are dropped, and an empty item never matches',
    '{ rules: [{ from: [{ source: { trustDomains: ["*"] } }] }] }',
    80,
    'denied',
  ],
  ['namespaces by prefix', '{ rules: [{ from: [{ source: { namespaces: ["sh*"] } }] }] }', 80, 'allowed'],
  ['a star in the middle is no wildcard', '{ rules: [{ from: [{ source: { namespaces: ["s*p"] } }] }] }', 80, 'denied'],
])('given ztunnel, when asked, then %s', (_, spec, port, outcome) => {
  const engine = testEngine(
    { pods: [testPod(), client], policies: authorization('p', spec) },
    { dataPlane: 'ztunnel' },
  );
  const verdict = engine.verdict(testRequest({ principal: cart, port, http: get }));
  expect(verdict).toMatchObject({ outcome, dataPlane: 'ztunnel' });
});

const aliasEngine = (dataPlane: 'sidecar' | 'ztunnel') =>
  testEngine(
    {
      policies: authorization(
        'p',
        '{ rules: [{ from: [{ source: { principals: ["cluster.local/ns/shop/sa/cart"] } }] }] }',
      ),
    },
    { dataPlane, trustDomain: 'td.test' },
  );

test('given ztunnel, when trust domain aliases are set, then principals are taken as they stand', () => {
  const request = testRequest({ principal: 'td.test/ns/shop/sa/cart' });
  expect(aliasEngine('sidecar').outcome(request)).toBe('allowed');
  expect(aliasEngine('ztunnel').outcome(request)).toBe('denied');
});

test('given pods of every data plane, when asked, then each is judged by its own', () => {
  const pods = [
    testPod({ name: 'a', meshDataPlane: 'sidecar' }),
    testPod({ name: 'b', meshDataPlane: 'ztunnel' }),
    testPod({ name: 'c', meshDataPlane: 'none' }),
    testPod({ name: 'd', meshDataPlane: undefined }),
    testPod({ name: 'e', meshDataPlane: undefined, hostNetwork: true }),
  ];
  const deny = testEngine({
    pods,
    policies: authorization('p', '{ action: DENY, rules: [{ to: [{ operation: { methods: [GET] } }] }] }'),
  });
  const verdict = (pod: string) => deny.verdict(testRequest({ to: { pod }, http: get }));
  expect(verdict('a')).toMatchObject({ outcome: 'denied', dataPlane: 'sidecar' });
  expect(verdict('b')).toMatchObject({ outcome: 'allowed', dataPlane: 'ztunnel' });
  expect(verdict('c')).toMatchObject({ outcome: 'allowed', dataPlane: 'none' });
  expect(verdict('d')).toMatchObject({ outcome: 'unknown', dataPlane: 'unknown', causes: [{ code: 'profile' }] });
  expect(verdict('e')).toMatchObject({ outcome: 'allowed', dataPlane: 'none' });
  const none = testEngine({ pods });
  expect(none.verdict(testRequest({ to: { pod: 'd' } }))).toMatchObject({ outcome: 'allowed', causes: [] });
});

test.each([
  [{ 'istio-injection': 'enabled' }, 'denied', 'sidecar'],
  [{ 'istio.io/rev': 'canary' }, 'denied', 'sidecar'],
  [{ 'istio.io/dataplane-mode': 'ambient' }, 'allowed', 'ztunnel'],
])(
  'given a namespace labelled %j, when its pods show no data plane, then it is the one asked for',
  (labels, outcome, dataPlane) => {
    const engine = testEngine({
      pods: [testPod({ meshDataPlane: undefined })],
      namespaces: { default: labels },
      policies: authorization('p', '{ action: DENY, rules: [{ to: [{ operation: { methods: [GET] } }] }] }'),
    });
    expect(engine.verdict(testRequest({ http: get }))).toMatchObject({ outcome, dataPlane });
  },
);

test('given a sidecar that leaves ports alone, when asked for such a port, then nothing is enforced', () => {
  const deny = authorization('p', '{ action: DENY, rules: [{}] }');
  const excluded = testPod({ annotations: { 'traffic.sidecar.istio.io/excludeInboundPorts': '81, 82' } });
  const included = testPod({ annotations: { 'traffic.sidecar.istio.io/includeInboundPorts': '80' } });
  for (const pod of [excluded, included]) {
    const engine = testEngine({ pods: [pod], policies: deny });
    expect(engine.outcome(testRequest({ port: 80 }))).toBe('denied');
    expect(engine.outcome(testRequest({ port: 82 }))).toBe('allowed');
  }
});

const web = testPod({ labels: { app: 'web' } });
const webService = testService({
  name: 'web',
  selector: { app: 'web' },
  ports: [{ name: 'http', protocol: 'TCP', port: 80, target: 8080 }],
});

test.each([
  ['no targetRefs: never', '{ action: DENY, rules: [{}] }', 'default', 'allowed'],
  ['a selector: never', '{ selector: { matchLabels: { app: web } }, action: DENY, rules: [{}] }', 'default', 'allowed'],
  [
    'its service',
    '{ targetRefs: [{ kind: Service, group: "", name: web }], action: DENY, rules: [{}] }',
    'default',
    'denied',
  ],
  [
    'its service, deprecated field',
    '{ targetRef: { kind: Service, group: core, name: web }, action: DENY, rules: [{}] }',
    'default',
    'denied',
  ],
  [
    'another service',
    '{ targetRefs: [{ kind: Service, group: "", name: api }], action: DENY, rules: [{}] }',
    'default',
    'allowed',
  ],
  [
    'a service of another namespace',
    '{ targetRefs: [{ kind: Service, group: "", name: web }], action: DENY, rules: [{}] }',
    'istio-system',
    'allowed',
  ],
  [
    'its gateway',
    '{ targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: wp }], action: DENY, rules: [{}] }',
    'default',
    'denied',
  ],
  [
    'another gateway',
    '{ targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: other }], action: DENY, rules: [{}] }',
    'default',
    'allowed',
  ],
  [
    'the class, in the root namespace',
    '{ targetRefs: [{ kind: GatewayClass, group: gateway.networking.k8s.io, name: istio-waypoint }], action: DENY, rules: [{}] }',
    'istio-system',
    'denied',
  ],
  [
    'the class, elsewhere',
    '{ targetRefs: [{ kind: GatewayClass, group: gateway.networking.k8s.io, name: istio-waypoint }], action: DENY, rules: [{}] }',
    'default',
    'allowed',
  ],
  [
    'another class',
    '{ targetRefs: [{ kind: GatewayClass, group: gateway.networking.k8s.io, name: istio }], action: DENY, rules: [{}] }',
    'istio-system',
    'allowed',
  ],
])('given a waypoint, when a policy names %s, then that decides', (_, spec, namespace, outcome) => {
  const engine = testEngine(
    {
      pods: [web],
      services: [webService],
      namespaces: { default: { 'istio.io/use-waypoint': 'wp' } },
      policies: authorization('p', spec, { namespace }),
    },
    { dataPlane: 'waypoint' },
  );
  expect(engine.verdict(testRequest({ port: 80, http: get }))).toMatchObject({ outcome, dataPlane: 'waypoint' });
});

test('given a ServiceEntry, when it is asked for at a waypoint, then policies that target it decide', () => {
  const engine = testEngine(
    {
      policies: authorization(
        'p',
        '{ targetRefs: [{ kind: ServiceEntry, group: networking.istio.io, name: api }], action: DENY, rules: [{}] }',
      ),
    },
    { dataPlane: 'waypoint' },
  );
  const ask = (name: string) =>
    engine.outcome({
      source: { principal: cart },
      destination: { namespace: 'default', workload: { kind: 'ServiceEntry', namespace: 'default', name }, port: 443 },
      protocol: 'TCP',
    });
  expect(ask('api')).toBe('denied');
  expect(ask('other')).toBe('allowed');
});

const denyAt = (name: string): string =>
  authorization(
    name,
    `{ targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: ${name} }], action: DENY, rules: [{}] }`,
  );

const askWaypoint = (policies: string) =>
  testEngine({ pods: [web], policies }, { dataPlane: 'waypoint' }).verdict(testRequest({ http: get }));

test('given no label that names the waypoint, when a policy targets the only gateway, then it is taken for it; of two neither', () => {
  expect(askWaypoint(denyAt('gw')).outcome).toBe('denied');
  expect(askWaypoint(`${denyAt('gw')}---${denyAt('other')}`)).toMatchObject({
    outcome: 'unknown',
    causes: [{ code: 'incomplete' }, { code: 'incomplete' }],
  });
  expect(askWaypoint(`${denyAt('waypoint')}---${denyAt('other')}`).outcome).toBe('denied');
});

test('given an ambient pod behind a waypoint, when ztunnel and waypoint disagree, then it is not known', () => {
  const pods = [testPod({ labels: { app: 'web' }, meshDataPlane: 'ztunnel' })];
  const namespaces = { default: { 'istio.io/use-waypoint': 'wp' } };
  const policies = authorization(
    'p',
    '{ targetRefs: [{ kind: Service, group: "", name: web }], action: DENY, rules: [{}] }',
  );
  const ask = (o: { policies?: string; waypoint?: boolean }) =>
    testEngine({
      pods,
      services: [webService],
      policies: o.policies ?? policies,
      ...(o.waypoint !== false && { namespaces }),
    }).verdict(testRequest({ port: 8080, principal: cart, http: get }));
  expect(ask({})).toMatchObject({ outcome: 'unknown', dataPlane: 'unknown', causes: [{ code: 'profile' }] });
  expect(ask({ waypoint: false })).toMatchObject({ outcome: 'allowed', dataPlane: 'ztunnel' });
});

test('given a gateway of the Gateway API, when policies target it or select it, then both decide', () => {
  const pods = [testPod({ labels: { 'gateway.networking.k8s.io/gateway-name': 'gw', app: 'gw' } })];
  const ask = (spec: string) =>
    testEngine({ pods, policies: authorization('p', spec) }).outcome(testRequest({ http: get }));
  expect(
    ask('{ targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: gw }], action: DENY, rules: [{}] }'),
  ).toBe('denied');
  expect(
    ask(
      '{ targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: other }], action: DENY, rules: [{}] }',
    ),
  ).toBe('allowed');
  expect(ask('{ selector: { matchLabels: { app: gw } }, action: DENY, rules: [{}] }')).toBe('denied');
});

test('given a sidecar without gateway, when a policy has targetRefs, then it does not apply', () => {
  const spec =
    '{ targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: gw }], action: DENY, rules: [{}] }';
  expect(testEngine({ policies: authorization('p', spec) }).outcome(testRequest())).toBe('allowed');
});

test.each([
  ['http', undefined, 'unknown'],
  ['grpc-api', undefined, 'unknown'],
  ['tcp', undefined, 'denied'],
  ['x', 'http', 'unknown'],
  ['http', 'tcp', 'denied'],
  ['other', undefined, 'denied'],
])(
  'given a port named %s with appProtocol %s, when asked without HTTP, then it is %s',
  (name, appProtocol, outcome) => {
    const service = testService({
      name: 'web',
      selector: { app: 'web' },
      ports: [{ name, protocol: 'TCP', port: 80, target: 8080, ...(appProtocol !== undefined && { appProtocol }) }],
    });
    const policies = authorization('p', '{ rules: [{ to: [{ operation: { methods: [GET] } }] }] }');
    const engine = testEngine({ pods: [web], services: [service], policies });
    expect(engine.outcome(testRequest({ port: 8080 }))).toBe(outcome);
    expect(engine.outcome(testRequest({ port: 8080, http: get }))).toBe(
      outcome === 'denied' && name !== 'other' ? 'denied' : 'allowed',
    );
  },
);

const isolated = authorization(
  'p',
  '{ rules: [{ from: [{ source: { principals: ["cluster.local/ns/shop/sa/cart"] } }] }] }',
);

test.each([
  ['nothing', '', 'unknown', 'denied', 'allowed'],
  ['STRICT for the mesh', peer('m', '{ mtls: { mode: STRICT } }', 'istio-system'), 'allowed', 'denied', 'allowed'],
  ['DISABLE for the namespace', peer('n', '{ mtls: { mode: DISABLE } }'), 'denied', 'denied', 'denied'],
  [
    'STRICT for the mesh, PERMISSIVE for the namespace',
    `${peer('m', '{ mtls: { mode: STRICT } }', 'istio-system')}---${peer('n', '{ mtls: { mode: PERMISSIVE } }')}`,
    'unknown',
    'denied',
    'allowed',
  ],
  [
    'UNSET for the namespace',
    `${peer('m', '{ mtls: { mode: STRICT } }', 'istio-system')}---${peer('n', '{ mtls: { mode: UNSET } }')}`,
    'allowed',
    'denied',
    'allowed',
  ],
  [
    'STRICT for the workload',
    peer('w', '{ selector: { matchLabels: { app: web } }, mtls: { mode: STRICT } }'),
    'allowed',
    'denied',
    'allowed',
  ],
  [
    'STRICT for another workload',
    peer('w', '{ selector: { matchLabels: { app: api } }, mtls: { mode: STRICT } }'),
    'unknown',
    'denied',
    'allowed',
  ],
  [
    'DISABLE for the port',
    peer(
      'w',
      '{ selector: { matchLabels: { app: web } }, mtls: { mode: STRICT }, portLevelMtls: { 80: { mode: DISABLE } } }',
    ),
    'denied',
    'denied',
    'denied',
  ],
  [
    'DISABLE for another port',
    peer(
      'w',
      '{ selector: { matchLabels: { app: web } }, mtls: { mode: STRICT }, portLevelMtls: { 81: { mode: DISABLE } } }',
    ),
    'allowed',
    'denied',
    'allowed',
  ],
  [
    'a selector in the root namespace',
    peer('w', '{ selector: { matchLabels: { app: web } }, mtls: { mode: STRICT } }', 'istio-system'),
    'unknown',
    'denied',
    'allowed',
  ],
  [
    'two that compete',
    `${peer('a', '{ mtls: { mode: STRICT } }')}---${peer('b', '{ mtls: { mode: DISABLE } }')}`,
    'unknown',
    'denied',
    'unknown',
  ],
])(
  'given mutual TLS by %s, when a principal is not told, told to be absent, and told, then outcomes follow',
  (_, peers, untold, absent, told) => {
    const policies = peers === '' ? isolated : `${isolated}---${peers}`;
    const engine = testEngine({ pods: [web, client], policies });
    expect(engine.outcome(testRequest({ from: fromClient }))).toBe(untold);
    expect(engine.outcome(testRequest({ from: { ...fromClient, principal: '' } }))).toBe(absent);
    expect(engine.outcome(testRequest({ from: { ...fromClient, principal: `spiffe://${cart}` } }))).toBe(told);
  },
);

test('given STRICT, when plaintext comes, then it is rejected although no AuthorizationPolicy says so', () => {
  const engine = testEngine({ policies: peer('m', '{ mtls: { mode: STRICT } }') });
  expect(engine.verdict(testRequest({ principal: '' }))).toMatchObject({
    outcome: 'denied',
    deciders: [{ policy: { kind: 'PeerAuthentication', name: 'm' }, path: 'spec.mtls', action: 'DENY' }],
  });
  expect(engine.outcome(testRequest({ principal: cart }))).toBe('allowed');
});

test('given sources that are known in part, when asked, then only what they leave open is unknown', () => {
  const pods = [web, client, testPod({ namespace: 'shop', name: 'out', meshDataPlane: 'none', ips: ['10.0.0.9'] })];
  const policies = `${isolated}---${peer('m', '{ mtls: { mode: STRICT } }', 'istio-system')}`;
  const ask = (from: Parameters<typeof testRequest>[0] & object) =>
    testEngine({ pods, policies }).outcome(testRequest(from));
  expect(ask({ from: { namespace: 'shop', pod: 'out' } })).toBe('denied');
  expect(ask({ from: { ip: '10.0.0.9' } })).toBe('denied');
  expect(ask({ from: { ip: '10.9.9.9' } })).toBe('unknown');
  expect(ask({ from: { namespace: 'shop', serviceAccount: 'cart', labels: new Map([['app', 'gone']]) } })).toBe(
    'unknown',
  );
  expect(ask({ from: { namespace: 'bank', pod: 'gone' } })).toBe('denied');
  expect(
    testEngine({ pods, policies }, { dataPlane: 'sidecar' }).outcome(
      testRequest({ from: { namespace: 'shop', serviceAccount: 'cart' } }),
    ),
  ).toBe('allowed');
});

test('given ambient at both ends, when PERMISSIVE, then the identity is there all the same', () => {
  const ambient = { meshDataPlane: 'ztunnel' as const };
  const engine = testEngine({
    pods: [
      { ...web, ...ambient },
      { ...client, ...ambient },
    ],
    policies: isolated,
  });
  expect(engine.outcome(testRequest({ from: fromClient }))).toBe('allowed');
});

test('given ztunnel, when only a DISABLE port stands against an inherited STRICT, then it has no effect', () => {
  const policies = `${peer('m', '{ mtls: { mode: STRICT } }', 'istio-system')}---${peer('w', '{ selector: { matchLabels: { app: web } }, portLevelMtls: { 80: { mode: DISABLE } } }')}`;
  const ask = (dataPlane: 'sidecar' | 'ztunnel') =>
    testEngine({ pods: [web], policies }, { dataPlane }).outcome(testRequest({ principal: '' }));
  expect(ask('sidecar')).toBe('allowed');
  expect(ask('ztunnel')).toBe('denied');
});

test('given a source outside of the mesh, when identities decide, then it is known to have none', () => {
  const pods = [web, testPod({ namespace: 'shop', name: 'out', serviceAccount: 'cart', meshDataPlane: 'none' })];
  const ask = (policies: string) =>
    testEngine({ pods, policies }).outcome(testRequest({ from: { namespace: 'shop', pod: 'out' } }));
  expect(ask(isolated)).toBe('denied');
  expect(ask(authorization('p', '{ rules: [{ from: [{ source: { notNamespaces: [shop] } }] }] }'))).toBe('allowed');
});
