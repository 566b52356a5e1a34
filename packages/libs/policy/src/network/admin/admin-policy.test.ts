import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adminPolicyOf } from '../../testing/policy-of.ts';
import { readAdminPolicy } from './admin-policy.ts';

type Kind = 'AdminNetworkPolicy' | 'BaselineAdminNetworkPolicy' | 'ClusterNetworkPolicy';
const subject = { namespaces: {} };
const anp = (egress: object): unknown => ({
  priority: 1,
  subject,
  egress: [{ action: 'Deny', to: [subject], ...egress }],
});
const banp = (egress: object): unknown => ({ subject, egress: [{ action: 'Deny', to: [subject], ...egress }] });
const cnp = (egress: object, tier = 'Admin'): unknown => ({
  tier,
  priority: 1,
  subject,
  egress: [{ action: 'Deny', to: [subject], ...egress }],
});
const read = (kind: Kind, spec: unknown) => readAdminPolicy(adminPolicyOf(kind, spec));

describe('policies of the admin kinds that are taken', () => {
  it.each<[Kind, unknown]>([
    ['AdminNetworkPolicy', { priority: 0, subject }],
    ['AdminNetworkPolicy', { priority: 1000, subject: { pods: { namespaceSelector: {}, podSelector: {} } } }],
    ['AdminNetworkPolicy', anp({ action: 'Pass', ports: [{ portNumber: { port: 80 } }, { namedPort: 'http' }] })],
    ['AdminNetworkPolicy', anp({ ports: [{ portRange: { protocol: 'UDP', start: 1, end: 65_535 } }] })],
    ['AdminNetworkPolicy', anp({ action: 'Allow', to: [{ domainNames: ['*.example.org', 'a.example.org.'] }] })],
    ['AdminNetworkPolicy', anp({ to: [{ nodes: {} }, { networks: ['10.0.0.0/8', '::/0'] }], name: 'x'.repeat(100) })],
    ['BaselineAdminNetworkPolicy', banp({ action: 'Allow', to: [{ nodes: {} }] })],
    ['ClusterNetworkPolicy', cnp({ action: 'Accept', protocols: [{ tcp: { destinationPort: { number: 80 } } }] })],
    ['ClusterNetworkPolicy', cnp({ action: 'Pass', protocols: [{ destinationNamedPort: 'http' }] }, 'Baseline')],
    ['ClusterNetworkPolicy', cnp({ protocols: [{ udp: { destinationPort: { range: { start: 1, end: 2 } } } }] })],
    ['ClusterNetworkPolicy', cnp({ protocols: [{ sctp: { destinationPort: { number: 1 } } }] })],
  ])('%s %j', (kind, spec) => {
    const { value, problems } = read(kind, spec);
    expect(problems).toEqual([]);
    expect(value).toBeDefined();
  });
});

describe('policies of the admin kinds that are refused', () => {
  const first = 'spec.egress[0]';
  it.each<[Kind, string, unknown]>([
    ['AdminNetworkPolicy', 'spec.priority', { priority: 1001, subject }],
    ['AdminNetworkPolicy', 'spec.priority', { priority: -1, subject }],
    ['AdminNetworkPolicy', 'spec.priority', { subject }],
    ['AdminNetworkPolicy', 'spec.subject', { priority: 1 }],
    ['AdminNetworkPolicy', 'spec.subject', { priority: 1, subject: {} }],
    [
      'AdminNetworkPolicy',
      'spec.subject',
      { priority: 1, subject: { namespaces: {}, pods: { namespaceSelector: {}, podSelector: {} } } },
    ],
    [
      'AdminNetworkPolicy',
      'spec.subject.pods.podSelector',
      { priority: 1, subject: { pods: { namespaceSelector: {} } } },
    ],
    ['AdminNetworkPolicy', `${first}.action`, anp({ action: 'Accept' })],
    ['AdminNetworkPolicy', `${first}.to`, anp({ to: [] })],
    ['AdminNetworkPolicy', `${first}.to[0]`, anp({ to: [{}] })],
    ['AdminNetworkPolicy', `${first}.to[0]`, anp({ to: [{ namespaces: {}, nodes: {} }] })],
    ['AdminNetworkPolicy', `${first}.to[0].networks`, anp({ to: [{ networks: [] }] })],
    ['AdminNetworkPolicy', `${first}.to[0].networks[0]`, anp({ to: [{ networks: ['10.0.0.0'] }] })],
    [
      'AdminNetworkPolicy',
      `${first}.to[0].domainNames[0]`,
      anp({ action: 'Allow', to: [{ domainNames: ['a.*.org'] }] }),
    ],
    ['AdminNetworkPolicy', `${first}.ports`, anp({ ports: [] })],
    ['AdminNetworkPolicy', `${first}.ports[0]`, anp({ ports: [{}] })],
    ['AdminNetworkPolicy', `${first}.ports[0]`, anp({ ports: [{ portNumber: { port: 1 }, namedPort: 'a' }] })],
    ['AdminNetworkPolicy', `${first}.ports[0].portNumber.port`, anp({ ports: [{ portNumber: { port: 0 } }] })],
    ['AdminNetworkPolicy', `${first}.name`, anp({ name: 'x'.repeat(101) })],
    ['BaselineAdminNetworkPolicy', `${first}.action`, banp({ action: 'Pass' })],
    ['ClusterNetworkPolicy', 'spec.tier', cnp({}, 'admin')],
    ['ClusterNetworkPolicy', `${first}.action`, cnp({ action: 'Allow' })],
    ['ClusterNetworkPolicy', `${first}.protocols[0]`, cnp({ protocols: [{}] })],
    ['ClusterNetworkPolicy', `${first}.protocols[0]`, cnp({ protocols: [{ tcp: {} }] })],
    [
      'ClusterNetworkPolicy',
      `${first}.protocols[0].tcp.destinationPort.range`,
      cnp({ protocols: [{ tcp: { destinationPort: { range: { start: 2, end: 2 } } } }] }),
    ],
    [
      'ClusterNetworkPolicy',
      `${first}.protocols[0].tcp.destinationPort`,
      cnp({ protocols: [{ tcp: { destinationPort: { number: 1, range: { start: 2, end: 3 } } } }] }),
    ],
  ])('%s: %s of %j', (kind, path, spec) => {
    const { value, problems } = read(kind, spec);
    expect(value).toBeUndefined();
    expect(problems.map((problem) => [problem.code, problem.path])).toContainEqual(['invalid', path]);
  });

  it('there is one BaselineAdminNetworkPolicy, and it is called default', () => {
    const { value, problems } = readAdminPolicy(adminPolicyOf('BaselineAdminNetworkPolicy', banp({}), 'mine'));
    expect(value).toBeUndefined();
    expect(problems).toMatchObject([{ code: 'invalid', path: 'metadata.name' }]);
  });

  it('lists have their limits, which differ by version', () => {
    const peers = Array.from({ length: 26 }, () => subject);
    expect(read('ClusterNetworkPolicy', cnp({ to: peers })).value).toBeUndefined();
    expect(read('AdminNetworkPolicy', anp({ to: peers })).value).toBeDefined();
  });
});

describe('what the engine does not know for sure', () => {
  it('another version of the API', () => {
    const policy = adminPolicyOf('ClusterNetworkPolicy', cnp({}));
    const { value, problems } = readAdminPolicy({ ...policy, apiVersion: 'policy.networking.k8s.io/v1beta1' });
    expect(value).toBeDefined();
    expect(problems).toMatchObject([{ code: 'unsupported', path: 'apiVersion' }]);
  });

  it('names of ports together with peers that have none', () => {
    const { problems } = read('AdminNetworkPolicy', anp({ to: [{ networks: ['::/0'] }], ports: [{ namedPort: 'a' }] }));
    expect(problems).toMatchObject([{ code: 'unsupported', path: 'spec.egress[0]' }]);
  });

  it('domain names in rules that do not allow', () => {
    const { problems } = read('AdminNetworkPolicy', anp({ to: [subject, { domainNames: ['a.org'] }] }));
    expect(problems).toMatchObject([{ code: 'unsupported', path: 'spec.egress[0].to[1].domainNames' }]);
  });

  it('a field of a peer or port', () => {
    const { value, problems } = read(
      'ClusterNetworkPolicy',
      cnp({ to: [{ services: {} }], protocols: [{ icmp: { type: 8 } }] }),
    );
    expect(value).toBeDefined();
    expect(problems.map(({ path }) => path)).toEqual([
      'spec.egress[0].to[0].services',
      'spec.egress[0].protocols[0].icmp',
    ]);
  });
});

it('whatever stands in a spec, reading it does not throw', () => {
  const keys = fc.constantFrom('tier', 'priority', 'subject', 'ingress', 'egress');
  const kinds = fc.constantFrom<Kind[]>('AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy');
  fc.assert(
    fc.property(kinds, fc.dictionary(keys, fc.jsonValue()), (kind, body) => {
      const { value, problems } = readAdminPolicy({ ...adminPolicyOf(kind, {}), specs: [{ path: 'spec', body }] });
      expect(value !== undefined || problems.length > 0).toBe(true);
    }),
  );
});
