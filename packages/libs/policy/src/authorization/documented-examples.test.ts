import { describe, expect, test } from 'vitest';
import type { Outcome } from '../model/cause.ts';
import { testEngine, testPod, testRequest } from '../testing/authorization/mesh.ts';

// Istio's documented examples (istio.io/docs: reference AuthorizationPolicy, tasks/security/authorization/*, concepts/security)
// as requests and what the pages say becomes of them.

interface Example {
  readonly page: string;
  readonly policies: string;
  /** Name of the pod asked for in namespace `foo`, with the label app of that name; default httpbin. */
  readonly pod?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly aliases?: readonly string[];
  readonly trustDomain?: string;
  readonly asked: readonly (readonly [question: Parameters<typeof testRequest>[0], outcome: Outcome])[];
}

const sa = (namespace: string, name: string, domain = 'cluster.local'): string =>
  `${domain}/ns/${namespace}/sa/${name}`;
const get = (path: string, headers: Readonly<Record<string, string>> = {}) => ({
  method: 'GET',
  path,
  host: 'httpbin',
  headers,
});
const post = (path: string) => ({ ...get(path), method: 'POST' });

const examples: readonly Example[] = [
  {
    page: 'reference: ALLOW with from, to and when',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: httpbin, namespace: foo }
spec:
  action: ALLOW
  rules:
  - from:
    - source: { principals: ["cluster.local/ns/default/sa/sleep"] }
    - source: { namespaces: ["test"] }
    to:
    - operation: { methods: ["GET"], paths: ["/info*"] }
    - operation: { methods: ["POST"], paths: ["/data"] }
    when:
    - key: request.auth.claims[iss]
      values: ["https://accounts.google.com"]
`,
    asked: [
      [
        {
          principal: sa('default', 'sleep'),
          http: get('/info'),
          jwt: { claims: { iss: 'https://accounts.google.com' } },
        },
        'allowed',
      ],
      [
        { principal: sa('test', 'any'), http: post('/data'), jwt: { claims: { iss: 'https://accounts.google.com' } } },
        'allowed',
      ],
      [
        {
          principal: sa('test', 'any'),
          http: post('/data/x'),
          jwt: { claims: { iss: 'https://accounts.google.com' } },
        },
        'denied',
      ],
      [
        { principal: sa('test', 'any'), http: post('/info'), jwt: { claims: { iss: 'https://accounts.google.com' } } },
        'denied',
      ],
      [
        {
          principal: sa('other', 'sleep'),
          http: get('/info'),
          jwt: { claims: { iss: 'https://accounts.google.com' } },
        },
        'denied',
      ],
      [{ principal: sa('test', 'any'), http: get('/info'), jwt: { claims: {} } }, 'denied'],
      [{ principal: sa('test', 'any'), http: get('/info') }, 'unknown'],
      [{ principal: '', http: get('/info') }, 'denied'],
    ],
  },
  {
    page: 'reference: DENY by namespace and method',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: httpbin, namespace: foo }
spec:
  action: DENY
  rules:
  - from: [{ source: { namespaces: ["dev"] } }]
    to: [{ operation: { methods: ["POST"] } }]
`,
    asked: [
      [{ principal: sa('dev', 'x'), http: post('/') }, 'denied'],
      [{ principal: sa('dev', 'x'), http: get('/') }, 'allowed'],
      [{ principal: sa('prod', 'x'), http: post('/') }, 'allowed'],
      [{ principal: sa('dev', 'x') }, 'denied'],
      [{ principal: '', http: post('/') }, 'allowed'],
    ],
  },
  {
    page: 'reference: DENY by method and port, on TCP',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: httpbin, namespace: foo }
spec:
  action: DENY
  rules:
  - to: [{ operation: { methods: ["POST"], ports: ["8080"] } }]
`,
    asked: [
      [{ port: 8080, http: post('/') }, 'denied'],
      [{ port: 8080, http: get('/') }, 'allowed'],
      [{ port: 8081, http: post('/') }, 'allowed'],
      [{ port: 8080 }, 'denied'],
      [{ port: 8081 }, 'allowed'],
    ],
  },
  {
    page: 'reference: allow-nothing and allow-all',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: allow-nothing, namespace: foo }
spec: {}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: allow-all, namespace: foo }
spec: { rules: [{}] }
`,
    asked: [[{ http: get('/') }, 'allowed']],
  },
  {
    page: 'reference: root namespace with selector',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: allow-nothing, namespace: istio-system }
spec: { selector: { matchLabels: { version: v1 } } }
`,
    labels: { version: 'v1' },
    asked: [[{ http: get('/') }, 'denied']],
  },
  {
    page: 'reference: root namespace with a selector of other workloads',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: allow-nothing, namespace: istio-system }
spec: { selector: { matchLabels: { version: v1 } } }
`,
    labels: { version: 'v2' },
    asked: [[{ http: get('/') }, 'allowed']],
  },
  {
    page: 'tasks: HTTP traffic (bookinfo)',
    pod: 'details',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: allow-nothing, namespace: foo }
spec: {}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: details-viewer, namespace: foo }
spec:
  selector: { matchLabels: { app: details } }
  action: ALLOW
  rules:
  - from: [{ source: { principals: ["cluster.local/ns/default/sa/bookinfo-productpage"] } }]
    to: [{ operation: { methods: ["GET"] } }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ratings-viewer, namespace: foo }
spec:
  selector: { matchLabels: { app: ratings } }
  rules:
  - from: [{ source: { principals: ["cluster.local/ns/default/sa/bookinfo-reviews"] } }]
`,
    asked: [
      [{ principal: sa('default', 'bookinfo-productpage'), http: get('/details/0') }, 'allowed'],
      [{ principal: sa('default', 'bookinfo-productpage'), http: post('/details/0') }, 'denied'],
      [{ principal: sa('default', 'bookinfo-reviews'), http: get('/details/0') }, 'denied'],
    ],
  },
  {
    page: 'tasks: TCP traffic, ALLOW by ports',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: tcp-policy, namespace: foo }
spec:
  action: ALLOW
  rules:
  - to: [{ operation: { ports: ["9000", "9001"] } }]
`,
    asked: [
      [{ port: 9000 }, 'allowed'],
      [{ port: 9001 }, 'allowed'],
      [{ port: 9002 }, 'denied'],
    ],
  },
  {
    page: 'tasks: TCP traffic, an ALLOW rule with an HTTP field becomes invalid',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: tcp-policy, namespace: foo }
spec:
  action: ALLOW
  rules:
  - to: [{ operation: { methods: ["GET"], ports: ["9000"] } }]
`,
    asked: [
      [{ port: 9000 }, 'denied'],
      [{ port: 9001 }, 'denied'],
    ],
  },
  {
    page: 'tasks: TCP traffic, a DENY rule keeps its ports',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: tcp-policy, namespace: foo }
spec:
  action: DENY
  rules:
  - to: [{ operation: { methods: ["GET"] } }]
  - to: [{ operation: { methods: ["GET"], ports: ["9000"] } }]
`,
    asked: [
      [{ port: 9000 }, 'denied'],
      [{ port: 9001 }, 'denied'],
      [{ port: 9001, http: post('/') }, 'allowed'],
    ],
  },
  {
    page: 'tasks: JWT token',
    policies: `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: jwt-example, namespace: foo }
spec:
  selector: { matchLabels: { app: httpbin } }
  jwtRules:
  - issuer: "testing@secure.istio.io"
    jwksUri: "https://raw.githubusercontent.com/istio/istio/release-1.31/security/tools/jwt/samples/jwks.json"
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: require-jwt, namespace: foo }
spec:
  selector: { matchLabels: { app: httpbin } }
  action: ALLOW
  rules:
  - from:
    - source: { requestPrincipals: ["testing@secure.istio.io/testing@secure.istio.io"] }
    when:
    - key: request.auth.claims[groups]
      values: ["group1"]
`,
    asked: [
      [
        {
          http: get('/headers'),
          jwt: {
            claims: { iss: 'testing@secure.istio.io', sub: 'testing@secure.istio.io', groups: ['group1', 'group2'] },
          },
        },
        'allowed',
      ],
      [
        { http: get('/headers'), jwt: { claims: { iss: 'testing@secure.istio.io', sub: 'testing@secure.istio.io' } } },
        'denied',
      ],
      [{ http: get('/headers'), jwt: { claims: {} } }, 'denied'],
      [{ http: get('/headers') }, 'unknown'],
    ],
  },
  {
    page: 'tasks: explicit deny',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-method-get, namespace: foo }
spec:
  selector: { matchLabels: { app: httpbin } }
  action: DENY
  rules:
  - to: [{ operation: { methods: ["GET"] } }]
    when:
    - key: request.headers[x-token]
      notValues: ["admin"]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: allow-path-ip, namespace: foo }
spec:
  selector: { matchLabels: { app: httpbin } }
  action: ALLOW
  rules:
  - to: [{ operation: { paths: ["/ip"] } }]
`,
    asked: [
      [{ http: get('/ip', { 'x-token': 'guest' }) }, 'denied'],
      [{ http: get('/ip', {}) }, 'denied'],
      [{ http: get('/ip', { 'X-Token': 'admin' }) }, 'allowed'],
      [{ http: get('/get', { 'x-token': 'admin' }) }, 'denied'],
      [{ http: post('/ip') }, 'allowed'],
      [{ http: { method: 'GET', path: '/ip' } }, 'unknown'],
    ],
  },
  {
    page: 'tasks: external authorization',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ext-authz, namespace: foo }
spec:
  selector: { matchLabels: { app: httpbin } }
  action: CUSTOM
  provider: { name: sample-ext-authz-grpc }
  rules:
  - to: [{ operation: { paths: ["/headers"] } }]
`,
    asked: [
      [{ http: get('/headers') }, 'unknown'],
      [{ http: get('/ip') }, 'allowed'],
    ],
  },
  {
    page: 'tasks: dry-run',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-path-headers, namespace: foo, annotations: { "istio.io/dry-run": "true" } }
spec:
  selector: { matchLabels: { app: httpbin } }
  action: DENY
  rules:
  - to: [{ operation: { paths: ["/headers"] } }]
`,
    asked: [[{ http: get('/headers') }, 'allowed']],
  },
  {
    page: 'tasks: trust domain migration, before an alias is known',
    trustDomain: 'new-td',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: service-httpbin.default.svc.cluster.local, namespace: foo }
spec:
  rules:
  - from:
    - source: { principals: ["old-td/ns/sleep-allow/sa/sleep"] }
    to: [{ operation: { methods: ["GET"] } }]
`,
    asked: [
      [{ principal: sa('sleep-allow', 'sleep', 'new-td'), http: get('/ip') }, 'denied'],
      [{ principal: sa('sleep-allow', 'sleep', 'old-td'), http: get('/ip') }, 'allowed'],
    ],
  },
  {
    page: 'tasks: trust domain migration, with the alias',
    trustDomain: 'new-td',
    aliases: ['old-td'],
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: service-httpbin.default.svc.cluster.local, namespace: foo }
spec:
  rules:
  - from:
    - source: { principals: ["old-td/ns/sleep-allow/sa/sleep"] }
    to: [{ operation: { methods: ["GET"] } }]
`,
    asked: [
      [{ principal: sa('sleep-allow', 'sleep', 'new-td'), http: get('/ip') }, 'allowed'],
      [{ principal: sa('sleep-allow', 'sleep', 'old-td'), http: get('/ip') }, 'allowed'],
      [{ principal: sa('sleep-deny', 'sleep', 'new-td'), http: get('/ip') }, 'denied'],
      [{ principal: sa('sleep-allow', 'sleep', 'third-td'), http: get('/ip') }, 'denied'],
    ],
  },
  {
    page: 'tasks: ingress by addresses',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ingress-policy, namespace: foo }
spec:
  action: ALLOW
  rules:
  - from: [{ source: { ipBlocks: ["1.2.3.4", "5.6.7.0/24"] } }]
  - from: [{ source: { remoteIpBlocks: ["9.9.9.0/24"] } }]
`,
    asked: [
      [{ from: { principal: '', ip: '1.2.3.4', remoteIp: '8.8.8.8' }, http: get('/') }, 'allowed'],
      [{ from: { principal: '', ip: '5.6.7.9', remoteIp: '8.8.8.8' }, http: get('/') }, 'allowed'],
      [{ from: { principal: '', ip: '5.6.8.9', remoteIp: '8.8.8.8' }, http: get('/') }, 'denied'],
      [{ from: { principal: '', ip: '5.6.8.9', remoteIp: '9.9.9.1' }, http: get('/') }, 'allowed'],
      [{ from: { principal: '', ip: '5.6.8.9', remoteIp: '9.9.9.1' } }, 'allowed'],
      [{ from: { principal: '', ip: '5.6.8.9' }, http: get('/') }, 'denied'],
      [{ from: { principal: '', ip: '5.6.8.9' }, http: get('/', { 'x-forwarded-for': '1.1.1.1' }) }, 'unknown'],
    ],
  },
  {
    page: 'concepts: value matching and exclusion',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: httpbin-deny, namespace: foo }
spec:
  selector: { matchLabels: { app: httpbin } }
  action: DENY
  rules:
  - from: [{ source: { notNamespaces: ["foo", "foo-*"] } }]
    to: [{ operation: { notPaths: ["/healthz", "*/ready"] } }]
`,
    asked: [
      [{ principal: sa('foo', 'a'), http: get('/x') }, 'allowed'],
      [{ principal: sa('foo-test', 'a'), http: get('/x') }, 'allowed'],
      [{ principal: sa('bar', 'a'), http: get('/x') }, 'denied'],
      [{ principal: sa('bar', 'a'), http: get('/healthz') }, 'allowed'],
      [{ principal: sa('bar', 'a'), http: get('/app/ready') }, 'allowed'],
      [{ principal: '', http: get('/x') }, 'denied'],
    ],
  },
  {
    page: 'concepts: only authenticated callers',
    policies: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: tester, namespace: foo }
spec:
  action: ALLOW
  rules:
  - from: [{ source: { principals: ["*"] } }]
`,
    asked: [
      [{ principal: sa('any', 'a'), http: get('/x') }, 'allowed'],
      [{ principal: '', http: get('/x') }, 'denied'],
    ],
  },
];

describe.each(examples)(
  'given $page',
  ({ policies, pod = 'httpbin', labels = {}, aliases = [], trustDomain = 'cluster.local', asked }) => {
    const engine = testEngine(
      { pods: [testPod({ namespace: 'foo', name: pod, labels: { app: pod, ...labels } })], policies },
      { trustDomain, trustDomainAliases: aliases },
    );

    test('when compiled, then it is valid', () => {
      expect(engine.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    });

    test.each(asked.map(([question, outcome], number) => ({ number, question, outcome })))(
      'when asked number $number, then it is $outcome',
      ({ question, outcome }) => {
        const request = testRequest({ ...question, to: { namespace: 'foo', pod } });
        const verdict = engine.verdict(request);
        expect(verdict.outcome, JSON.stringify({ question, verdict })).toBe(outcome);
        expect(engine.outcome(request)).toBe(outcome);
        expect(verdict.causes.length > 0).toBe(outcome === 'unknown');
      },
    );
  },
);
