import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../model/cluster.ts';
import { clusterOf, everything, isolation, podOf, podsWith, rule, term } from '../../testing/hand-made.ts';
import type { Direction, Isolation, PortTerm, Rule } from '../rule.ts';
import { compileRules } from './compile-network.ts';
import type { NetworkEngine } from './network-engine.ts';

const cluster = clusterOf({ pods: [podOf('shop/a'), podOf('shop/b'), podOf('web/c')] });
const profile = { kind: 'generic' } as const;
const unknown = [{ code: 'unsupported', message: 'something new' }] as const;

function engineOf(rules: readonly Rule[], isolations: readonly Isolation[] = []): NetworkEngine {
  return compileRules(cluster, { rules, isolations }, { profile });
}

function ask(engine: NetworkEngine, port = 80, protocol: Protocol = 'TCP'): string {
  const [from = 0] = engine.resolve({ pod: { namespace: 'shop', name: 'a' } });
  const [to = 0] = engine.resolve({ pod: { namespace: 'web', name: 'c' } });
  return engine.outcome(from, to, protocol, port);
}

describe('the order of tiers', () => {
  const [a, c] = [podsWith('a'), podsWith('c')];
  const isolated = [isolation('deny', 'ingress')];

  it('given no rule, then it is allowed; given an isolation alone, then denied', () => {
    expect(ask(engineOf([]))).toBe('allowed');
    expect(ask(engineOf([], isolated))).toBe('denied');
    expect(ask(engineOf([], [isolation('deny', 'ingress', { subjects: a })]))).toBe('allowed');
  });

  it('given an allow for the peer, then the isolation is open to it alone', () => {
    expect(ask(engineOf([rule('x', 'ingress', { peers: [term(a)] })], isolated))).toBe('allowed');
    expect(ask(engineOf([rule('x', 'ingress', { peers: [term(c)] })], isolated))).toBe('denied');
    expect(ask(engineOf([rule('x', 'ingress', { peers: [] })], isolated))).toBe('denied');
  });

  it('given a deny besides an allow in the normal tier, then the deny wins, in whatever order', () => {
    const allow = rule('x', 'ingress');
    const deny = rule('y', 'ingress', { action: 'deny' });
    expect(ask(engineOf([allow, deny]))).toBe('denied');
    expect(ask(engineOf([deny, allow]))).toBe('denied');
  });

  it('given admin rules, then the lowest order decides, before any other tier', () => {
    const allow = rule('x', 'ingress', { tier: 'admin', order: 1 });
    const deny = rule('y', 'ingress', { tier: 'admin', order: 2, action: 'deny' });
    expect(ask(engineOf([deny, allow], isolated))).toBe('allowed');
    expect(ask(engineOf([{ ...deny, order: 0 }, allow]))).toBe('denied');
  });

  it('given rules of one order, then the name of the policy decides, within a policy the place', () => {
    const allow = rule('b', 'ingress', { tier: 'admin' });
    const deny = rule('a', 'ingress', { tier: 'admin', action: 'deny' });
    expect(ask(engineOf([allow, deny]))).toBe('denied');
    expect(ask(engineOf([{ ...allow, policy: deny.policy }, deny]))).toBe('allowed');
  });

  it('given a pass, then later admin rules are not asked, but the normal and baseline tiers are', () => {
    const pass = rule('x', 'ingress', { tier: 'admin', action: 'pass' });
    const deny = rule('y', 'ingress', { tier: 'admin', order: 1, action: 'deny' });
    const baseline = rule('z', 'ingress', { tier: 'baseline', action: 'deny' });
    expect(ask(engineOf([pass, deny]))).toBe('allowed');
    expect(ask(engineOf([pass, deny], isolated))).toBe('denied');
    expect(ask(engineOf([pass, deny, baseline]))).toBe('denied');
  });

  it('given a baseline deny, then it holds only where the normal tier neither allows nor isolates', () => {
    const baseline = rule('z', 'ingress', { tier: 'baseline', action: 'deny' });
    const open = rule('x', 'ingress', { peers: [term(a)] });
    expect(ask(engineOf([baseline]))).toBe('denied');
    expect(ask(engineOf([baseline, open]))).toBe('allowed');
    const allowed = rule('y', 'ingress', { tier: 'baseline', order: -1 });
    expect(ask(engineOf([baseline, allowed]))).toBe('allowed');
    expect(ask(engineOf([baseline, allowed], isolated))).toBe('denied');
  });

  it('given ends that differ, then both must allow', () => {
    expect(ask(engineOf([], [isolation('deny', 'egress')]))).toBe('denied');
    expect(ask(engineOf([rule('x', 'egress')], [isolation('deny', 'egress')]))).toBe('allowed');
    expect(ask(engineOf([rule('x', 'egress')], [isolation('deny', 'egress'), ...isolated]))).toBe('denied');
    const unsure = isolation('deny', 'egress', { unknown });
    expect(ask(engineOf([], [unsure]))).toBe('unknown');
    expect(ask(engineOf([], [unsure, ...isolated]))).toBe('denied');
  });
});

const terms: readonly PortTerm[] = [
  { protocol: 'TCP', from: 80, to: 80 },
  { protocol: 'any', from: 50, to: 100 },
  { protocol: 'UDP', from: 1, to: 65_535 },
  { protocol: 'ICMP', from: 8, to: 8 },
];
const anyPorts = fc.oneof(fc.constant('all' as const), fc.subarray([...terms], { minLength: 1 }));
const anyDirection = fc.constantFrom<Direction>('ingress', 'egress');
const anyRule = fc
  .record({
    name: fc.constantFrom('p', 'q', 'r'),
    direction: anyDirection,
    place: fc.constantFrom(
      { tier: 'normal', action: 'allow' } as const,
      { tier: 'normal', action: 'deny' } as const,
      { tier: 'admin', action: 'allow' } as const,
      { tier: 'admin', action: 'deny' } as const,
      { tier: 'admin', action: 'pass' } as const,
      { tier: 'baseline', action: 'allow' } as const,
      { tier: 'baseline', action: 'deny' } as const,
    ),
    order: fc.integer({ min: 0, max: 2 }),
    peers: fc.constantFrom(everything, [term(podsWith('a'))], [term(podsWith('c'))], [term(podsWith())]),
    ports: anyPorts,
  })
  .map(({ name, direction, place, order, peers, ports }) =>
    rule(name, direction, { ...place, order: place.tier === 'normal' ? 0 : order, peers, ports }),
  );
const anyIsolation = anyDirection.map((direction) => isolation('isolates', direction));
const anyPoint = fc.constantFrom<[Protocol, number]>(['TCP', 80], ['TCP', 99], ['UDP', 53], ['ICMP', 8], ['SCTP', 7]);

/** Something that is as it says, or of which that is not known. */
interface Perhaps<T> {
  readonly certain: T;
  readonly unsure: boolean;
}

function perhaps<T>(what: fc.Arbitrary<T>): fc.Arbitrary<Perhaps<T>> {
  return fc.record({ certain: what, unsure: fc.boolean() });
}

/** As the engine is told. */
function told<T>(list: readonly Perhaps<T>[]): T[] {
  return list.map(({ certain, unsure }) => (unsure ? { ...certain, unknown } : certain));
}

/** Every way in which what is not known can turn out: each such thing is as it says, or is not there. */
function completions<T>(list: readonly Perhaps<T>[]): readonly (readonly T[])[] {
  let all: (readonly T[])[] = [[]];
  for (const { certain, unsure } of list) {
    const withIt = all.map((some) => [...some, certain]);
    all = unsure ? [...all, ...withIt] : withIt;
  }
  return all;
}

describe('what is not known', () => {
  it('given any rules, then the answer is unknown exactly when the unknowns can turn out both ways', () => {
    fc.assert(
      fc.property(
        fc.array(perhaps(anyRule), { maxLength: 5 }),
        fc.array(perhaps(anyIsolation), { maxLength: 2 }),
        anyPoint,
        (rules, isolations, [protocol, port]) => {
          const outcomes = new Set(
            completions(rules).flatMap((r) => completions(isolations).map((i) => ask(engineOf(r, i), port, protocol))),
          );
          const [only = 'unknown', ...more] = outcomes;
          expect(ask(engineOf(told(rules), told(isolations)), port, protocol)).toBe(
            more.length === 0 ? only : 'unknown',
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('given any rules, then the verdict, the segments and the quick answer are the same', () => {
    fc.assert(
      fc.property(
        fc.array(perhaps(anyRule), { maxLength: 6 }),
        fc.array(perhaps(anyIsolation), { maxLength: 2 }),
        (rules, isolations) => {
          const engine = engineOf(told(rules), told(isolations));
          const source = { pod: { namespace: 'shop', name: 'a' } };
          const destination = { pod: { namespace: 'web', name: 'c' } };
          const [from = 0] = engine.resolve(source);
          const [to = 0] = engine.resolve(destination);
          const segments = engine.connection(from, to);
          for (const protocol of ['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6'] as const) {
            const own = segments.filter((segment) => segment.protocol === protocol);
            const icmp = protocol.startsWith('ICMP');
            expect([own[0]?.from, own.at(-1)?.to]).toEqual(icmp ? [0, 255] : [1, 65_535]);
            let next = own[0]?.from;
            for (const segment of own) {
              expect(segment.from).toBe(next);
              next = segment.to + 1;
              for (const port of [segment.from, segment.to]) {
                const verdict = engine.verdict({ source, destination, protocol, port });
                expect(verdict.outcome).toBe(segment.outcome);
                expect(verdict.causes.length > 0).toBe(segment.outcome === 'unknown');
                expect(engine.outcome(from, to, protocol, port)).toBe(segment.outcome);
              }
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
