import { expect, test } from 'vitest';
import { testEngine, testPod, testPolicies, testRequest } from '../testing/authorization/mesh.ts';

const policy = (name: string, spec: string, annotations = ''): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: default, annotations: {${annotations}} }
spec: ${spec}
`;
const dryRun = '"istio.io/dry-run": "true"';
const get = { method: 'GET', path: '/info', host: 'web', headers: {} };
const custom = policy(
  'custom',
  '{ action: CUSTOM, provider: { name: x }, rules: [{ to: [{ operation: { paths: ["/info"] } }] }] }',
);

test('given no policy, when asked, then everything is allowed and nothing decided', () => {
  expect(testEngine({}).verdict(testRequest())).toMatchObject({
    outcome: 'allowed',
    dataPlane: 'sidecar',
    deciders: [],
    causes: [],
  });
});

test('given a DENY and an ALLOW that both match, when asked, then the DENY decides', () => {
  const policies = `${policy('allow', '{ rules: [{}] }')}---${policy('deny', '{ action: DENY, rules: [{ when: [{ key: destination.port, values: ["81"] }] }, { to: [{ operation: { ports: ["80"] } }] }] }')}`;
  const engine = testEngine({ policies });
  expect(engine.verdict(testRequest())).toMatchObject({
    outcome: 'denied',
    deciders: [{ policy: { name: 'deny' }, path: 'spec.rules[1]', action: 'DENY' }],
    reason: 'denied by default/deny[AuthorizationPolicy] spec.rules[1]',
  });
  expect(engine.verdict(testRequest({ port: 82 }))).toMatchObject({
    outcome: 'allowed',
    deciders: [{ policy: { name: 'allow' }, path: 'spec.rules[0]', action: 'ALLOW' }],
  });
});

test('given ALLOW policies of which none matches, when asked, then all of them are the default deny', () => {
  const policies = `${policy('a', '{}')}---${policy('b', '{ rules: [{ to: [{ operation: { ports: ["81"] } }] }] }')}`;
  expect(testEngine({ policies }).verdict(testRequest())).toMatchObject({
    outcome: 'denied',
    deciders: [
      { policy: { name: 'a' }, path: 'spec', action: 'default-deny' },
      { policy: { name: 'b' }, path: 'spec', action: 'default-deny' },
    ],
  });
});

test('given a CUSTOM that matches, when what follows allows, then the provider decides; when it denies, it stays denied', () => {
  expect(testEngine({ policies: custom }).verdict(testRequest({ http: get }))).toMatchObject({
    outcome: 'unknown',
    deciders: [{ policy: { name: 'custom' }, action: 'CUSTOM' }],
    causes: [{ code: 'provider' }],
  });
  const denied = `${custom}---${policy('deny', '{ action: DENY, rules: [{}] }')}`;
  expect(testEngine({ policies: denied }).outcome(testRequest({ http: get }))).toBe('denied');
  const nothing = `${custom}---${policy('nothing', '{}')}`;
  expect(testEngine({ policies: nothing }).outcome(testRequest({ http: get }))).toBe('denied');
  expect(testEngine({ policies: custom }).outcome(testRequest({ http: { ...get, path: '/' } }))).toBe('allowed');
});

test('given dry-run policies, when asked, then they decide nothing, and those that would are named', () => {
  const policies = [
    policy('deny', '{ action: DENY, rules: [{}] }', dryRun),
    policy('allow', '{ rules: [{ to: [{ operation: { ports: ["81"] } }] }] }', dryRun),
    policy('same', '{ rules: [{}] }', dryRun),
    policy('off', '{ rules: [{}] }', '"istio.io/dry-run": "false"'),
  ].join('---');
  const verdict = testEngine({ policies }).verdict(testRequest());
  expect(verdict.outcome).toBe('allowed');
  expect(verdict.audited.map(({ name }) => name)).toEqual(['deny']);
  const alone = testEngine({
    policies: policy('allow', '{ rules: [{ to: [{ operation: { ports: ["81"] } }] }] }', dryRun),
  });
  expect(alone.verdict(testRequest())).toMatchObject({ outcome: 'allowed', audited: [{ name: 'allow' }] });
});

test('given an AUDIT policy, when it matches, then it is named and decides nothing', () => {
  const engine = testEngine({
    policies: policy('audit', '{ action: AUDIT, rules: [{ to: [{ operation: { paths: ["/info*"] } }] }] }'),
  });
  expect(engine.verdict(testRequest({ http: get }))).toMatchObject({
    outcome: 'allowed',
    audited: [{ name: 'audit' }],
  });
  expect(engine.verdict(testRequest({ http: { ...get, path: '/' } })).audited).toEqual([]);
});

test('given policies of every action, when asked what applies, then they come in the order of evaluation', () => {
  const policies = [
    policy('audit', '{ action: AUDIT, rules: [{}] }'),
    policy('allow', '{}'),
    policy('dry', '{}', dryRun),
    policy('deny', '{ action: DENY, rules: [{}] }'),
    policy('other', '{ selector: { matchLabels: { app: other } } }'),
    custom,
  ].join('---');
  const applying = testEngine({ policies }).applying({ namespace: 'default', pod: 'web', port: 80 });
  expect(applying.map(({ ref }) => ref.name)).toEqual(['custom', 'deny', 'allow', 'dry', 'audit']);
});

test('given rules that match, may match and do not, when asked which match, then only the certain ones are named', () => {
  const policies = [
    policy('a', '{ rules: [{ to: [{ operation: { ports: ["80"] } }] }, { to: [{ operation: { ports: ["81"] } }] }] }'),
    policy('b', '{ action: DENY, rules: [{ when: [{ key: connection.sni, values: [x] }] }] }'),
    policy('c', '{ rules: [{}] }', dryRun),
  ].join('---');
  expect(
    testEngine({ policies })
      .matching(testRequest())
      .map(({ policy: { name }, path }) => `${name} ${path}`),
  ).toEqual(['a spec.rules[0]', 'c spec.rules[0]']);
});

test('given an engine, when policies change, then another engine judges by them and the first stays as it was', () => {
  const before = testEngine({ policies: policy('nothing', '{}') });
  const after = before.with(testPolicies(policy('all', '{ rules: [{}] }')));
  expect(before.outcome(testRequest())).toBe('denied');
  expect(after.outcome(testRequest())).toBe('allowed');
  expect(after.profile).toBe(before.profile);
});

test('given facts that a request lacks, when they decide, then each is named once', () => {
  const policies = policy(
    'p',
    '{ rules: [{ from: [{ source: { ipBlocks: ["10.0.0.0/8"] } }], when: [{ key: "experimental.envoy.filters.a.b[c]", values: [x] }] }] }',
  );
  const { outcome, causes } = testEngine({ policies }).verdict(testRequest());
  expect(outcome).toBe('unknown');
  expect(causes).toEqual([
    { code: 'address', message: 'the address of the source is not known' },
    { code: 'request', message: 'experimental.envoy.filters.a.b[c] is not known' },
  ]);
  expect(testEngine({ policies }).outcome(testRequest({ from: { principal: '', ip: '8.8.8.8' } }))).toBe('denied');
});

test('given a source pod, when its address decides, then it is the pod’s', () => {
  const pods = [
    testPod(),
    testPod({ name: 'client', ips: ['10.0.0.7'] }),
    testPod({ name: 'both', ips: ['10.0.0.8', 'fd00::8'] }),
  ];
  const policies = policy('p', '{ rules: [{ from: [{ source: { ipBlocks: ["10.0.0.0/24"] } }] }] }');
  const ask = (pod: string) =>
    testEngine({ pods, policies }).outcome(testRequest({ from: { namespace: 'default', pod } }));
  expect(ask('client')).toBe('allowed');
  expect(ask('both')).toBe('unknown');
  expect(ask('web')).toBe('unknown');
});

test('given a workload of unlike pods, when they get different answers, then it is not known', () => {
  const workload = { kind: 'Deployment', namespace: 'default', name: 'web' };
  const pods = ['v1', 'v2'].map((version) => testPod({ name: `web-${version}`, labels: { version }, workload }));
  const policies = policy('p', '{ selector: { matchLabels: { version: v1 } } }');
  const ask = (to: Parameters<typeof testRequest>[0] & object) => {
    const { destination, ...rest } = testRequest(to);
    const { pod: _pod, ...withoutPod } = destination;
    return testEngine({ pods, policies }).verdict({ ...rest, destination: withoutPod });
  };
  expect(ask({ to: { workload } })).toMatchObject({ outcome: 'unknown', causes: [{ code: 'workload-differs' }] });
  expect(ask({ to: { workload, labels: new Map([['version', 'v2']]) } }).outcome).toBe('allowed');
  expect(ask({ to: { labels: new Map([['version', 'v1']]) } }).outcome).toBe('denied');
});

test('given a destination of which nothing is known, when a selector decides, then it is not known', () => {
  const policies = policy('p', '{ selector: { matchLabels: { app: web } } }');
  const verdict = testEngine({ policies }, { dataPlane: 'sidecar' }).verdict(testRequest({ to: { pod: 'gone' } }));
  expect(verdict).toMatchObject({ outcome: 'unknown', causes: [{ code: 'incomplete' }] });
  const all = testEngine({ policies: policy('p', '{ rules: [{}] }') }, { dataPlane: 'sidecar' });
  expect(all.outcome(testRequest({ to: { pod: 'gone' } }))).toBe('allowed');
});

const askGone = (rules: string) =>
  testEngine(
    { policies: policy('p', `{ selector: { matchLabels: { app: web } }, rules: ${rules} }`) },
    { dataPlane: 'sidecar' },
  ).outcome(testRequest({ to: { pod: 'gone' } }));

test('given an ALLOW that only may apply, when it matches, then the answer is the same either way', () => {
  expect(askGone('[{ to: [{ operation: { ports: ["80"] } }] }]')).toBe('allowed');
  expect(askGone('[{ to: [{ operation: { ports: ["81"] } }] }]')).toBe('unknown');
});

test('given a field that the engine does not know, when its rule would match, then it can not be told', () => {
  const engine = testEngine({
    policies: policy('p', '{ rules: [{ from: [{ source: { planets: [mars], ipBlocks: ["10.0.0.0/8"] } }] }] }'),
  });
  expect(engine.problems).toMatchObject([{ code: 'unsupported', path: 'spec.rules[0].from[0].source.planets' }]);
  expect(engine.verdict(testRequest({ from: { ip: '10.0.0.1', principal: '' } }))).toMatchObject({
    outcome: 'unknown',
    causes: [{ code: 'unsupported' }],
  });
  expect(engine.outcome(testRequest({ from: { ip: '11.0.0.1', principal: '' } }))).toBe('denied');
  const whole = testEngine({
    policies: policy('p', '{ mood: bad, action: DENY, rules: [{ to: [{ operation: { ports: ["80"] } }] }] }'),
  });
  expect(whole.verdict(testRequest())).toMatchObject({ outcome: 'unknown', causes: [{ code: 'unsupported' }] });
  expect(whole.outcome(testRequest({ port: 81 }))).toBe('allowed');
});

const emptyIn = (namespace: string) => policy('p', '{}').replace('namespace: default', `namespace: ${namespace}`);

test('given a policy in another namespace, when asked, then it does not apply; in the root namespace it does', () => {
  expect(testEngine({ policies: emptyIn('other') }).outcome(testRequest())).toBe('allowed');
  expect(testEngine({ policies: emptyIn('istio-system') }).outcome(testRequest())).toBe('denied');
  expect(testEngine({ policies: emptyIn('mesh') }, { rootNamespace: 'mesh' }).outcome(testRequest())).toBe('denied');
});

test('given policies that have no effect on a data plane, when compiled for it, then that is said', () => {
  const problems = testEngine({ policies: custom }, { dataPlane: 'ztunnel' }).problems;
  expect(problems).toMatchObject([{ severity: 'warning', code: 'ineffective', path: 'spec.action' }]);
});

test('given a selector of several labels, when only some of them are there, then it does not select', () => {
  const policies = policy('p', '{ selector: { matchLabels: { app: web, tier: front } } }');
  const ask = (labels: Record<string, string>) =>
    testEngine({ pods: [testPod({ labels })], policies }).outcome(testRequest());
  expect(ask({ app: 'web', tier: 'front', more: 'x' })).toBe('denied');
  expect(ask({ app: 'web' })).toBe('allowed');
});

test('given a source that may show its identity or not, when asked which rules match, then only those that do in both ways', () => {
  const rules =
    '[{ from: [{ source: { notPrincipals: ["*/sa/cart"] } }] }, { from: [{ source: { principals: ["*/sa/cart"] } }] }, {}]';
  const pods = [testPod(), testPod({ namespace: 'shop', name: 'cart', serviceAccount: 'cart' })];
  const engine = testEngine({ pods, policies: policy('p', `{ rules: ${rules} }`) });
  const matching = engine.matching(testRequest({ from: { namespace: 'shop', pod: 'cart' } }));
  expect(matching.map(({ path }) => path)).toEqual(['spec.rules[2]']);
});

test('given a policy that may apply or not, when asked which rules match, then none of its', () => {
  const engine = testEngine({ policies: policy('p', '{ planets: [mars], rules: [{}] }') });
  expect(engine.outcome(testRequest())).toBe('allowed');
  expect(engine.applying({ namespace: 'default', pod: 'web', port: 80 })).toHaveLength(1);
  expect(engine.matching(testRequest())).toEqual([]);
});
