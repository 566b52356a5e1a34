import { describe, expect, it } from 'vitest';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import { block, clusterOf, isolation, outside, podOf, podsWith, rule, term } from '../../testing/hand-made.ts';
import type { EndpointQuery } from '../peer.ts';
import type { Isolation, Rule } from '../rule.ts';
import { compileRules } from './compile-network.ts';

const cluster = clusterOf({
  pods: [
    podOf('shop/a', { ips: ['10.0.0.1'] }),
    podOf('shop/b', { ips: ['10.0.0.2'] }),
    podOf('shop/web', { template: true, workload: { kind: 'Deployment', namespace: 'shop', name: 'web' } }),
  ],
});
const gone = pod('shop/gone');
const elsewhere = pod('nowhere/gone');
const anyone: EndpointQuery = { anyone: true };
const ofB = { subjects: podsWith('b') };
const inShop = [{ key: 'namespace', operator: 'In', values: ['shop'] }] as const;

function pod(path: string): EndpointQuery {
  const [namespace = '', name = ''] = path.split('/');
  return { pod: { namespace, name } };
}

interface Policies {
  readonly rules?: readonly Rule[];
  readonly isolations?: readonly Isolation[];
}

function outcomeOf(
  source: EndpointQuery,
  destination: EndpointQuery,
  { rules = [], isolations = [] }: Policies,
  cilium = false,
): string {
  const profile = cilium ? CILIUM_DEFAULTS : ({ kind: 'generic' } as const);
  const engine = compileRules(cluster, { rules, isolations }, { profile });
  return engine.verdict({ source, destination, protocol: 'TCP', port: 80 }).outcome;
}

describe('an end that the input does not have', () => {
  it.each([
    ['a pod', gone],
    ['a pod of another namespace', elsewhere],
    ['a namespace', { namespace: 'nowhere' }],
    ['anybody', anyone],
  ])('given %s and no policy about either end, then it is allowed', (_, source) => {
    for (const cilium of [false, true]) {
      expect(outcomeOf(source, pod('shop/a'), { isolations: [isolation('i', 'ingress', ofB)] }, cilium)).toBe(
        'allowed',
      );
    }
  });

  it('given a destination that lets in nobody, then a pod that is not given is denied; anybody may be its own node', () => {
    const closed = { isolations: [isolation('i', 'ingress')] };
    expect(outcomeOf(gone, pod('shop/b'), closed)).toBe('denied');
    expect(outcomeOf({ namespace: 'nowhere' }, pod('shop/b'), closed)).toBe('denied');
    expect(outcomeOf(anyone, pod('shop/b'), closed)).toBe('unknown');
  });

  it('given a rule about labels, then it can not be told; about another namespace, it does not match', () => {
    const closed = { isolations: [isolation('i', 'ingress')] };
    const labels = { ...closed, rules: [rule('r', 'ingress', { peers: [term([...inShop, ...podsWith('c')])] })] };
    expect(outcomeOf(gone, pod('shop/b'), labels)).toBe('unknown');
    expect(outcomeOf(elsewhere, pod('shop/b'), labels)).toBe('denied');
    const namespace = { ...closed, rules: [rule('r', 'ingress', { peers: [term(inShop)] })] };
    expect(outcomeOf(gone, pod('shop/b'), namespace)).toBe('allowed');
    expect(outcomeOf(elsewhere, pod('shop/b'), namespace)).toBe('denied');
  });

  it('given policies about its own end, then those about all of its namespace count, and others may', () => {
    const all = { isolations: [isolation('i', 'egress', { subjects: inShop })] };
    expect(outcomeOf(gone, pod('shop/a'), all)).toBe('denied');
    expect(outcomeOf(elsewhere, pod('shop/a'), all)).toBe('allowed');
    expect(outcomeOf(gone, pod('shop/a'), { isolations: [isolation('i', 'egress', ofB)] })).toBe('unknown');
  });

  it('given its address, then a block holds it, but on Cilium no block holds a pod', () => {
    const closed = [isolation('i', 'ingress', ofB)];
    const source = { ...gone, ip: '10.9.0.1' };
    const wide = { isolations: closed, rules: [rule('r', 'ingress', { peers: [block('10.9.0.0/16')] })] };
    expect(outcomeOf(source, pod('shop/b'), wide)).toBe('allowed');
    expect(outcomeOf({ ...gone, ip: '10.8.0.1' }, pod('shop/b'), wide)).toBe('denied');
    const world = { isolations: closed, rules: [rule('r', 'ingress', { peers: [outside('10.9.0.0/16')] })] };
    expect(outcomeOf(source, pod('shop/b'), world, true)).toBe('denied');
    expect(outcomeOf({ ip: '10.9.0.1' }, pod('shop/b'), world, true)).toBe('allowed');
  });

  it('given anybody, then any block and any rule may match', () => {
    const closed = [isolation('i', 'ingress', ofB)];
    const world = { isolations: closed, rules: [rule('r', 'ingress', { peers: [outside('0.0.0.0/0')] })] };
    expect(outcomeOf(anyone, pod('shop/b'), world, true)).toBe('unknown');
    expect(outcomeOf(anyone, pod('shop/b'), { isolations: closed, rules: [rule('r', 'ingress')] }, true)).toBe(
      'allowed',
    );
  });

  it('given anybody and a block that is denied, then it may be denied', () => {
    const denied = {
      rules: [rule('a', 'ingress'), rule('d', 'ingress', { action: 'deny', peers: [outside('9.0.0.0/8')] })],
    };
    expect(outcomeOf(anyone, pod('shop/b'), denied, true)).toBe('unknown');
    expect(outcomeOf(gone, pod('shop/b'), denied, true)).toBe('allowed');
  });

  it('given the same pod at both ends, then it reaches itself', () => {
    const closed = { isolations: [isolation('i', 'ingress'), isolation('i', 'egress')] };
    expect(outcomeOf(gone, pod('shop/gone'), closed)).toBe('allowed');
    expect(outcomeOf(gone, pod('shop/other'), closed)).toBe('denied');
  });

  it('given a name that only a workload gives its pods, then it is one of them, and not the other of that workload', () => {
    const [one, other] = [pod('shop/web-7d9f8c6b5-x2x4z'), pod('shop/web-7d9f8c6b5-zzxcv')];
    const closed = [isolation('i', 'ingress')];
    const web = { isolations: closed, rules: [rule('r', 'ingress', { peers: [term(podsWith('web'))] })] };
    expect(outcomeOf(one, pod('shop/b'), web)).toBe('allowed');
    expect(outcomeOf(pod('shop/web-admin'), pod('shop/b'), web)).toBe('unknown');
    expect(outcomeOf(one, other, { isolations: closed })).toBe('denied');
    expect(outcomeOf(one, one, { isolations: closed })).toBe('allowed');
  });
});
