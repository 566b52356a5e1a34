import { describe, expect, it } from 'vitest';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import { readManifests } from '../../parse/read-manifests.ts';
import { adminPolicyOf } from '../../testing/policy-of.ts';
import { translateAdminPolicies } from './translate.ts';

const generic: NetworkProfile = { kind: 'generic' };
const onCilium = { ...CILIUM_DEFAULTS, clusterNetworkPolicy: true };
const cluster = readManifests([]);
const subject = { namespaces: { matchLabels: { team: 'a' } } };
const translate = (kind: string, spec: unknown, profile: NetworkProfile = generic) =>
  translateAdminPolicies([adminPolicyOf(kind, spec)], { cluster, profile });
const cnp = (egress: unknown[], more: object = {}): unknown => ({
  tier: 'Admin',
  priority: 7,
  subject,
  egress,
  ...more,
});

const type = (of: string) => ({ key: 'type', operator: 'In', values: [of] });
const label = (key: string, value: string) => ({ key, operator: 'In', values: [value] });

describe('policies of the admin kinds become rules', () => {
  it.each([
    ['AdminNetworkPolicy', { priority: 7, subject, ingress: [{ action: 'Deny', from: [subject] }] }, 'admin', 7],
    ['BaselineAdminNetworkPolicy', { subject, ingress: [{ action: 'Deny', from: [subject] }] }, 'baseline', 1001],
    [
      'ClusterNetworkPolicy',
      { tier: 'Baseline', priority: 3, subject, ingress: [{ action: 'Deny', from: [subject] }] },
      'baseline',
      3,
    ],
  ])('%s by tier and order', (kind, spec, tier, order) => {
    const { rules, isolations, problems } = translate(kind, spec);
    expect([isolations, problems]).toEqual([[], []]);
    expect(rules).toMatchObject([
      {
        tier,
        order,
        direction: 'ingress',
        action: 'deny',
        path: 'spec.ingress[0]',
        subjects: [type('pod'), label('ns:team', 'a')],
        peers: [{ kind: 'endpoints', selector: [type('pod'), label('ns:team', 'a')] }],
        ports: 'all',
      },
    ]);
  });

  it('pass in the last tier leaves the default, which allows', () => {
    const passing = [{ action: 'Pass', to: [subject] }];
    expect(translate('ClusterNetworkPolicy', cnp(passing)).rules[0]?.action).toBe('pass');
    expect(translate('ClusterNetworkPolicy', cnp(passing, { tier: 'Baseline' })).rules[0]?.action).toBe('allow');
  });

  it('peers of egress', () => {
    const to = [
      { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: 'b' } } } },
      { nodes: { matchLabels: { os: 'linux' } } },
      { networks: ['10.1.2.3/8'] },
      { domainNames: ['Example.org.', '*.example.org'] },
    ];
    expect(translate('ClusterNetworkPolicy', cnp([{ action: 'Accept', to }])).rules[0]?.peers).toEqual([
      { kind: 'endpoints', selector: [type('pod'), label('pod:app', 'b')] },
      { kind: 'endpoints', selector: [type('node'), label('node:os', 'linux')] },
      { kind: 'addresses', cidr: '10.0.0.0/8', except: [], reaches: { pods: true, nodes: true, apiServer: true } },
      { kind: 'names', exact: 'example.org' },
      { kind: 'names', pattern: '**.example.org' },
    ]);
  });

  it('ports of both generations', () => {
    const ports = [
      { portNumber: { port: 80 } },
      { portRange: { protocol: 'UDP', start: 1, end: 9 } },
      { portRange: { start: 9, end: 1 } },
      { namedPort: 'http' },
    ];
    const old = { priority: 1, subject, egress: [{ action: 'Deny', to: [subject], ports }] };
    expect(translate('AdminNetworkPolicy', old).rules[0]?.ports).toEqual([
      { protocol: 'TCP', from: 80, to: 80 },
      { protocol: 'UDP', from: 1, to: 9 },
      { protocol: 'any', name: 'http' },
    ]);
    const protocols = [
      { sctp: { destinationPort: { number: 80 } } },
      { tcp: { destinationPort: { range: { start: 1, end: 9 } } } },
      { destinationNamedPort: 'http' },
    ];
    expect(
      translate('ClusterNetworkPolicy', cnp([{ action: 'Deny', to: [subject], protocols }])).rules[0]?.ports,
    ).toEqual([
      { protocol: 'SCTP', from: 80, to: 80 },
      { protocol: 'TCP', from: 1, to: 9 },
      { protocol: 'any', name: 'http' },
    ]);
  });
});

const egress = [{ action: 'Deny', to: [subject] }];
const of = (profile: NetworkProfile) => translate('ClusterNetworkPolicy', cnp(egress), profile);

describe('on Cilium', () => {
  it('ClusterNetworkPolicy counts where it is enabled, and is unknown where that is not known', () => {
    expect(of(onCilium).rules.map(({ unknown }) => unknown)).toEqual([undefined]);
    expect(of(CILIUM_DEFAULTS).rules).toMatchObject([{ unknown: [{ code: 'profile' }] }]);
    const never = of({ ...CILIUM_DEFAULTS, clusterNetworkPolicy: false });
    expect(never.rules).toEqual([]);
    expect(never.problems).toMatchObject([{ code: 'ineffective', severity: 'warning' }]);
  });

  it('the older kinds never count', () => {
    const { rules, problems } = translate('AdminNetworkPolicy', { priority: 1, subject, egress }, onCilium);
    expect(rules).toEqual([]);
    expect(problems).toMatchObject([{ code: 'ineffective' }]);
  });

  it('networks are CIDR rules, and domain names let kube-dns be asked for them', () => {
    const { rules } = translate(
      'ClusterNetworkPolicy',
      cnp([
        { action: 'Deny', to: [{ networks: ['10.0.0.0/8'] }] },
        { action: 'Accept', to: [{ domainNames: ['*.example.org'] }] },
      ]),
      onCilium,
    );
    expect(rules[0]?.peers).toMatchObject([{ reaches: { pods: false, nodes: false } }]);
    expect(rules[2]).toMatchObject({
      action: 'allow',
      peers: [{ kind: 'endpoints', selector: [type('pod'), label('pod:k8s-app', 'kube-dns')] }],
      layer7: { dns: [{ pattern: '**.example.org' }] },
    });
  });
});

const shape = (spec: unknown) =>
  translate('ClusterNetworkPolicy', spec).rules.map(({ path, peers, unknown = [] }) => [
    path,
    peers.map(({ kind }) => kind),
    unknown.length,
  ]);

describe('parts that the engine does not know', () => {
  it('of a peer leave the others certain', () => {
    expect(shape(cnp([{ action: 'Deny', to: [subject, { services: {} }] }]))).toEqual([
      ['spec.egress[0]', ['endpoints'], 0],
      ['spec.egress[0].to[1]', ['everything'], 1],
    ]);
  });

  it('domain names in a rule that does not allow leave the rest certain', () => {
    expect(shape(cnp([{ action: 'Deny', to: [subject, { domainNames: ['a.org'] }] }]))).toEqual([
      ['spec.egress[0]', ['endpoints'], 0],
      ['spec.egress[0].to[1]', ['everything'], 1],
    ]);
  });

  it('names of ports with networks leave nothing of the rule certain', () => {
    const rule = { action: 'Deny', to: [{ networks: ['::/0'] }], protocols: [{ destinationNamedPort: 'a' }] };
    expect(shape(cnp([rule]))).toEqual([['spec.egress[0]', ['everything'], 1]]);
  });

  it('of the policy leave nothing certain', () => {
    expect(shape(cnp([{ action: 'Deny', to: [subject] }], { appliesTo: 'x' }))).toEqual([
      ['spec.egress[0]', ['endpoints'], 1],
    ]);
  });
});
