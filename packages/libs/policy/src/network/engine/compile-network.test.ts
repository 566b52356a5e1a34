import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../model/cluster.ts';
import type { Policy } from '../../model/policy.ts';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import { clusterOf, isolation, nodeOf, outside, podOf, podsWith, rule, term } from '../../testing/hand-made.ts';
import type { EndpointQuery } from '../peer.ts';
import { compileNetwork, compilePair, compileRules } from './compile-network.ts';
import type { NetworkEngine } from './network-engine.ts';

const generic: NetworkProfile = { kind: 'generic' };
const cilium = CILIUM_DEFAULTS;

function policy(kind: Policy['ref']['kind'], name: string, body: Record<string, unknown>): Policy {
  return {
    ref: { kind, namespace: 'shop', name },
    apiVersion: kind === 'NetworkPolicy' ? 'networking.k8s.io/v1' : 'cilium.io/v2',
    labels: new Map(),
    annotations: new Map(),
    specs: [{ path: 'spec', body }],
    source: 'test',
  };
}

const closed = policy('NetworkPolicy', 'closed', { podSelector: {}, policyTypes: ['Ingress'] });
const fromA = policy('NetworkPolicy', 'from-a', {
  podSelector: { matchLabels: { app: 'b' } },
  ingress: [{ from: [{ podSelector: { matchLabels: { app: 'a' } } }], ports: [{ port: 80 }] }],
});
const fromPodBlock = policy('NetworkPolicy', 'from-block', {
  podSelector: { matchLabels: { app: 'b' } },
  ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/16' } }] }],
});
const a = { pod: { namespace: 'shop', name: 'a' } };
const b = { pod: { namespace: 'shop', name: 'b' } };
const c = { pod: { namespace: 'shop', name: 'c' } };

function clusterWith(policies: readonly Policy[]): Cluster {
  const cluster = clusterOf({
    pods: [
      podOf('shop/a', { ips: ['10.0.0.1'] }),
      podOf('shop/b', { ips: ['10.0.0.2'] }),
      podOf('shop/c', { ips: ['10.1.0.3'] }),
    ],
    nodes: [nodeOf('n1', ['192.168.0.1'])],
  });
  return { ...cluster, policies };
}

function ask(engine: NetworkEngine, source: EndpointQuery, destination: EndpointQuery, port = 80): string {
  const outcomes = engine.pairs(source, destination).map(([from, to]) => engine.outcome(from, to, 'TCP', port));
  const { outcome } = engine.verdict({ source, destination, protocol: 'TCP', port });
  const [only = 'unknown', ...more] = new Set(outcomes);
  expect(more.length === 0 ? only : 'unknown').toBe(outcome);
  return outcome;
}

describe('policies of a cluster', () => {
  it('given NetworkPolicies, then they are judged', () => {
    const engine = compileNetwork(clusterWith([closed, fromA]), { profile: generic });
    expect([ask(engine, a, b), ask(engine, a, b, 81), ask(engine, c, b), ask(engine, b, a)]).toEqual([
      'allowed',
      'denied',
      'denied',
      'denied',
    ]);
    expect(engine.rules.map(({ policy: { name } }) => name)).toEqual(['from-a']);
    expect(engine.isolations.map(({ policy: { name } }) => name)).toEqual(['closed', 'from-a']);
  });

  it('given a policy that is invalid, then it gives problems and no rules', () => {
    const engine = compileNetwork(clusterWith([policy('NetworkPolicy', 'bad', { podSelector: 7 })]), {
      profile: generic,
    });
    expect(engine.problems.map(({ severity, code }) => [severity, code])).toEqual([['error', 'invalid']]);
    expect(ask(engine, a, b)).toBe('allowed');
  });

  it('given rules that match, then matching names each of them, also those that do not decide', () => {
    const rules = [
      rule('x', 'ingress', { peers: [term(podsWith('a'))] }),
      rule('y', 'ingress', { action: 'deny', ports: [{ protocol: 'TCP', from: 1, to: 100 }] }),
      rule('z', 'ingress', { tier: 'admin' }),
      rule('other', 'ingress', { peers: [term(podsWith('c'))] }),
    ];
    const engine = compileRules(
      clusterWith([]),
      { rules, isolations: [isolation('i', 'ingress')] },
      { profile: generic },
    );
    const [from = 0] = engine.resolve(a);
    const [to = 0] = engine.resolve(b);
    const names = (port: number): string[] =>
      engine.matching('ingress', to, from, 'TCP', port).map(({ policy: { name } }) => name);
    expect(names(80)).toEqual(['z', 'y', 'x']);
    expect(names(101)).toEqual(['z', 'x']);
    expect(engine.isolating('ingress', to).map(({ policy: { name } }) => name)).toEqual(['i']);
    expect(engine.isolating('egress', to)).toEqual([]);
    expect(engine.affectedPeers(rule('x', 'ingress', { subjects: podsWith('b') }))).toEqual([to]);
    expect(engine.subjectClass('ingress', to)).toBe(engine.subjectClass('ingress', from));
  });
});

describe('profiles', () => {
  it('given an unknown profile, then only what both data planes say holds', () => {
    const engine = compileNetwork(clusterWith([fromPodBlock]), { profile: { kind: 'unknown' } });
    expect(engine.profile).toEqual({ kind: 'unknown' });
    const verdict = engine.verdict({ source: a, destination: b, protocol: 'TCP', port: 80 });
    expect(verdict.outcome).toBe('unknown');
    expect(verdict.causes.map(({ code }) => code)).toEqual(['profile']);
    expect([ask(engine, a, b), ask(engine, c, b), ask(engine, b, a)]).toEqual(['unknown', 'denied', 'allowed']);
    const [[from, to] = [0, 0]] = engine.pairs(a, b);
    expect(new Set(engine.connection(from, to).map(({ outcome }) => outcome))).toEqual(new Set(['unknown']));
    expect(engine.rules).toHaveLength(1);
    expect(engine.matching('ingress', to, from, 'TCP', 80)).toEqual(engine.rules);
    for (const { peers, segments } of engine.reach('ingress', to)) {
      for (const peer of peers) {
        const outcomes = engine.side('ingress', to, peer).map(({ outcome }) => outcome);
        expect(segments.map(({ outcome }) => outcome)).toEqual(outcomes);
      }
    }
  });

  it('given enable-policy never, then nothing is enforced, and that is said', () => {
    const engine = compileNetwork(clusterWith([closed, fromA]), { profile: { ...cilium, enablePolicy: 'never' } });
    expect([ask(engine, c, b), engine.rules.length]).toEqual(['allowed', 0]);
    expect(engine.problems.map(({ code }) => code)).toEqual(['ineffective']);
  });

  it('given enable-policy always, then a pod without policies is isolated both ways', () => {
    const engine = compileRules(
      clusterWith([]),
      { rules: [rule('x', 'ingress')], isolations: [] },
      { profile: { ...cilium, enablePolicy: 'always' } },
    );
    const verdict = engine.verdict({ source: a, destination: b, protocol: 'TCP', port: 80 });
    expect([verdict.egress.outcome, verdict.ingress.outcome]).toEqual(['denied', 'allowed']);
    expect(verdict.egress.deciders.map(({ policy: { name } }) => name)).toEqual(['enable-policy-always']);
    expect(engine.isolating('egress', engine.resolve(a)[0] ?? 0)).toHaveLength(1);
  });

  it('given audit mode, then nothing is denied, and the reason says what would be', () => {
    const engine = compileNetwork(clusterWith([closed]), { profile: { ...cilium, auditMode: true } });
    expect(ask(engine, a, b)).toBe('allowed');
    const { ingress } = engine.verdict({ source: a, destination: b, protocol: 'TCP', port: 80 });
    expect(ingress.reason).toMatch(/^audit mode lets it through; without it: .*shop\/closed/);
    expect(ingress.deciders.map(({ action }) => action)).toEqual(['default-deny']);
    const [[from, to] = [0, 0]] = engine.pairs(a, b);
    expect(engine.connection(from, to).every(({ outcome }) => outcome === 'allowed')).toBe(true);
  });

  it('given entities, then endpoints that start are isolated, and the API server is its node or an address', () => {
    const cluster = clusterOf({
      pods: [podOf('shop/a')],
      nodes: [nodeOf('n1', ['192.168.0.1'])],
      apiServer: ['192.168.0.1'],
    });
    const apiServer: EndpointQuery = { entity: 'kube-apiserver' };
    const starting: EndpointQuery = { entity: 'init' };
    const engine = compileRules(cluster, { rules: [], isolations: [] }, { profile: cilium });
    expect(engine.resolve(apiServer)).toEqual(engine.resolve({ ip: '192.168.0.1' }));
    expect(engine.verdict({ source: a, destination: starting, protocol: 'TCP', port: 80 }).outcome).toBe('denied');
    const unknown = compileRules(
      clusterOf({ pods: [podOf('shop/a')] }),
      { rules: [rule('x', 'egress', { peers: [outside('10.0.0.0/8')] })], isolations: [isolation('i', 'egress')] },
      { profile: cilium },
    );
    const verdict = unknown.verdict({ source: a, destination: apiServer, protocol: 'TCP', port: 443 });
    expect([verdict.outcome, verdict.causes[0]?.code]).toEqual(['unknown', 'address']);
  });
});

describe('other policies over one universe', () => {
  it('given policies that cut no address space, then peers keep their index', () => {
    const engine = compileNetwork(clusterWith([closed]), { profile: generic });
    const next = engine.with([closed, fromA]);
    expect(next.peers).toBe(engine.peers);
    expect([ask(engine, a, b), ask(next, a, b)]).toEqual(['denied', 'allowed']);
    expect(ask(next.with([]), c, b)).toBe('allowed');
  });

  it('given a new block, then pods in it are told apart', () => {
    const next = compileNetwork(clusterWith([closed]), { profile: generic }).with([closed, fromPodBlock]);
    expect([ask(next, a, b), ask(next, c, b)]).toEqual(['allowed', 'denied']);
    expect(next.peers.filter(({ kind, name }) => kind === 'range' && name === '10.0.0.0/16')).toHaveLength(1);
  });

  it('given a pair, then both have the same peers, cut at the blocks of both', () => {
    const { before, after } = compilePair(clusterWith([closed]), clusterWith([closed, fromPodBlock]), {
      profile: generic,
    });
    expect(after.peers).toBe(before.peers);
    expect([ask(before, a, b), ask(after, a, b), ask(after, c, b)]).toEqual(['denied', 'allowed', 'denied']);
    expect(before.peers.filter(({ kind, name }) => kind === 'range' && name === '10.0.0.0/16')).toHaveLength(1);
  });

  it('given ghosts, then they are peers from the beginning', () => {
    const gone: EndpointQuery = { namespace: 'shop', labels: new Map([['app', 'gone']]) };
    const engine = compileNetwork(clusterWith([closed]), { profile: generic, ghosts: [gone] });
    const count = engine.peers.length;
    const [peer = -1] = engine.resolve(gone);
    expect(engine.resolve({ ...gone })).toEqual([peer]);
    expect(engine.peers).toHaveLength(count);
    expect(engine.reach('ingress', peer).some(({ peers }) => peers.includes(peer))).toBe(true);
    expect(ask(engine, a, gone)).toBe('denied');
  });
});
