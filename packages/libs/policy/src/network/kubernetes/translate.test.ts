import { describe, expect, it } from 'vitest';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import type { CiliumProfile, NetworkProfile } from '../../model/profile.ts';
import { readManifests } from '../../parse/read-manifests.ts';
import { networkPolicyOf } from '../../testing/policy-of.ts';
import { translateNetworkPolicies } from './translate.ts';

const generic: NetworkProfile = { kind: 'generic' };
const cilium: CiliumProfile = CILIUM_DEFAULTS;
const cluster = readManifests([]);
const translate = (spec: unknown, profile: NetworkProfile = generic) =>
  translateNetworkPolicies([networkPolicyOf(spec)], { cluster, profile });

const pod = { key: 'type', operator: 'In', values: ['pod'] };
const inX = { key: 'namespace', operator: 'In', values: ['x'] };
const label = (key: string, value: string) => ({ key, operator: 'In', values: [value] });

describe('NetworkPolicies become rules', () => {
  it('about pods of the own namespace', () => {
    const { rules, isolations } = translate({ podSelector: { matchLabels: { app: 'a' } }, ingress: [{}] });
    expect(isolations).toMatchObject([
      { direction: 'ingress', path: 'spec', subjects: [pod, inX, label('pod:app', 'a')] },
    ]);
    expect(rules).toMatchObject([
      {
        direction: 'ingress',
        path: 'spec.ingress[0]',
        tier: 'normal',
        action: 'allow',
        subjects: [pod, inX, label('pod:app', 'a')],
        peers: [{ kind: 'everything' }],
        ports: 'all',
      },
    ]);
  });

  it.each([
    [{ podSelector: { matchLabels: { app: 'b' } } }, [pod, inX, label('pod:app', 'b')]],
    [{ namespaceSelector: { matchLabels: { team: 'c' } } }, [pod, label('ns:team', 'c')]],
    [{ namespaceSelector: {} }, [pod]],
    [
      { namespaceSelector: { matchLabels: { team: 'c' } }, podSelector: { matchLabels: { app: 'b' } } },
      [pod, label('ns:team', 'c'), label('pod:app', 'b')],
    ],
  ])('the peer %j', (from, selector) => {
    const { rules } = translate({ ingress: [{ from: [from] }] });
    expect(rules[0]?.peers).toEqual([{ kind: 'endpoints', selector }]);
  });

  it('a block with its exceptions, in canonical form, and whom it reaches', () => {
    const spec = { ingress: [{ from: [{ ipBlock: { cidr: '10.1.2.3/8', except: ['10.0.0.1/16'] } }] }] };
    const term = { kind: 'addresses', cidr: '10.0.0.0/8', except: ['10.0.0.0/16'] };
    const reach = (profile: NetworkProfile) => translate(spec, profile).rules[0]?.peers;
    expect(reach(generic)).toEqual([{ ...term, reaches: { pods: true, nodes: true, apiServer: true } }]);
    expect(reach(cilium)).toMatchObject([{ ...term, reaches: { pods: false, nodes: false } }]);
    expect(reach({ ...cilium, policyCidrMatchMode: ['nodes'] })).toMatchObject([
      { reaches: { pods: false, nodes: true } },
    ]);
    expect(reach({ ...cilium, policyCidrMatchMode: ['pods'] })).toMatchObject([
      { reaches: { pods: true, nodes: false } },
    ]);
  });

  it.each([
    [{ protocol: 'UDP' }, { protocol: 'UDP', from: 0, to: 65_535 }],
    [{ port: 80 }, { protocol: 'TCP', from: 80, to: 80 }],
    [
      { port: 80, endPort: 90, protocol: 'SCTP' },
      { protocol: 'SCTP', from: 80, to: 90 },
    ],
    [{ port: 'http' }, { protocol: 'TCP', name: 'http' }],
  ])('the port %j', (port, term) => {
    expect(translate({ ingress: [{ ports: [port] }] }).rules[0]?.ports).toEqual([term]);
  });

  it('a name of a port does not go with a block of egress', () => {
    const blocks = { ipBlock: { cidr: '10.0.0.0/8' } };
    const ports = [{ port: 'http' }, { port: 80 }];
    const { rules } = translate({
      egress: [
        { to: [{ podSelector: {} }, blocks], ports },
        { to: [blocks], ports },
      ],
    });
    expect(rules.map(({ path, peers, ports: terms }) => [path, peers.map(({ kind }) => kind), terms])).toEqual([
      [
        'spec.egress[0]',
        ['endpoints'],
        [
          { protocol: 'TCP', name: 'http' },
          { protocol: 'TCP', from: 80, to: 80 },
        ],
      ],
      ['spec.egress[0].to', ['addresses'], [{ protocol: 'TCP', from: 80, to: 80 }]],
      ['spec.egress[1]', ['addresses'], [{ protocol: 'TCP', from: 80, to: 80 }]],
    ]);
    expect(translate({ ingress: [{ from: [blocks], ports }] }).rules[0]?.ports).toHaveLength(2);
  });

  it('an invalid policy gives problems and nothing else', () => {
    const { rules, isolations, problems } = translate({ ingress: [{ from: [{}] }] });
    expect([rules, isolations]).toEqual([[], []]);
    expect(problems).toHaveLength(1);
  });
});

const directions = (spec: unknown, profile?: NetworkProfile) => {
  const { rules, isolations } = translate(spec, profile);
  return [rules.map(({ direction }) => direction), isolations.map(({ direction }) => direction)];
};

describe('policyTypes', () => {
  it('leave rules of another direction out, but not on Cilium', () => {
    const spec = { policyTypes: ['Ingress'], egress: [{}] };
    expect(directions(spec)).toEqual([[], ['ingress']]);
    expect(directions(spec, cilium)).toEqual([['egress'], ['ingress', 'egress']]);
    const other = { policyTypes: ['Egress'], ingress: [{}] };
    expect(directions(other)).toEqual([[], ['egress']]);
    expect(directions(other, cilium)).toEqual([['ingress'], ['ingress', 'egress']]);
  });

  it('isolate a direction without rules only where they name it', () => {
    expect(directions({ policyTypes: ['Ingress', 'Egress'] })).toEqual([[], ['ingress', 'egress']]);
    expect(directions({ egress: [] })).toEqual([[], ['ingress']]);
    expect(directions({ egress: [] }, cilium)).toEqual([[], ['ingress']]);
  });
});

describe('on Cilium', () => {
  it('SCTP counts only where it is enabled', () => {
    const spec = { ingress: [{ ports: [{ port: 80, protocol: 'SCTP' }] }] };
    expect(translate(spec, cilium).rules[0]?.ports).toEqual([]);
    expect(translate(spec, { ...cilium, sctp: true }).rules[0]?.ports).toHaveLength(1);
  });

  it('a podSelector sees derived labels, and not those outside of the identity', () => {
    const selector = {
      matchLabels: {
        'io.cilium.k8s.policy.serviceaccount': 'robot',
        'io.cilium.k8s.namespace.labels.team': 'a',
        'io.kubernetes.pod.namespace': 'y',
      },
    };
    const spec = {
      ingress: [{ from: [{ podSelector: selector }, { podSelector: { matchLabels: { 'pod-template-hash': '1' } } }] }],
    };
    const { rules } = translate(spec, cilium);
    expect(rules[0]?.peers).toEqual([
      { kind: 'endpoints', selector: [pod, inX, label('ns:team', 'a'), label('serviceaccount', 'robot')] },
      { kind: 'endpoints', selector: [pod, inX, { key: 'type', operator: 'In', values: [] }] },
    ]);
    expect(translate(spec).rules[0]?.peers[1]).toEqual({
      kind: 'endpoints',
      selector: [pod, inX, label('pod:pod-template-hash', '1')],
    });
  });
});

const shape = (spec: unknown) =>
  translate(spec).rules.map(({ path, peers, ports, unknown = [] }) => [
    path,
    peers.map(({ kind }) => kind),
    ports === 'all' ? ports : ports.length,
    unknown.length,
  ]);

describe('parts that the engine does not know', () => {
  it('of a peer leave the others certain', () => {
    expect(
      shape({ ingress: [{ from: [{ podSelector: {} }, { serviceSelector: {} }], ports: [{ port: 80 }] }] }),
    ).toEqual([
      ['spec.ingress[0]', ['endpoints'], 1, 0],
      ['spec.ingress[0].from[1]', ['everything'], 'all', 1],
    ]);
  });

  it('of a port leave the others certain', () => {
    expect(shape({ ingress: [{ ports: [{ port: 80 }, { port: 81, icmpType: 8 }] }] })).toEqual([
      ['spec.ingress[0]', ['everything'], 1, 0],
      ['spec.ingress[0].ports[1]', ['everything'], 'all', 1],
    ]);
  });

  it('of a rule leave nothing of it certain', () => {
    expect(shape({ ingress: [{ from: [{ podSelector: {} }], action: 'Deny' }, {}] })).toEqual([
      ['spec.ingress[0]', ['everything'], 'all', 1],
      ['spec.ingress[1]', ['everything'], 'all', 0],
    ]);
  });

  it('of the policy or its podSelector leave nothing certain', () => {
    expect(shape({ ingress: [{}], tier: 'Admin' })).toEqual([['spec.ingress[0]', ['everything'], 'all', 1]]);
    const { isolations } = translate({ podSelector: { matchFoo: {} }, ingress: [] });
    expect(isolations).toMatchObject([{ unknown: [{ code: 'unsupported' }] }]);
  });
});
