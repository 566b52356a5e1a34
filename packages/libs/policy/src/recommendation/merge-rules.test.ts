import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noEvidence } from './evidence.ts';
import { mergeRules } from './merge-rules.ts';
import { peerKey, portKey } from './scope.ts';
import type { Allowance, DraftRule } from './scope.ts';

const pods = (app: string, namespace = 'shop') =>
  ({ kind: 'pods', namespace, labels: new Map([['app', app]]) }) as const;
const to = (app: string, port: number, requests?: readonly { method?: string; path?: string }[]): Allowance => ({
  peer: pods(app),
  port: { protocol: 'TCP', port, ...(requests === undefined ? {} : { requests }) },
  evidence: { ...noEvidence, count: 1 },
});
const shape = (rules: readonly DraftRule[]) =>
  rules.map(({ peers, ports }) => `${peers.map(peerKey).join('+')} → ${ports.map(({ port }) => port).join('+')}`);
const merged = (allowances: readonly Allowance[]) => mergeRules(allowances, { namespace: 'shop' });

describe('mergeRules', () => {
  it('given two ports of one peer, then one rule has both', () => {
    expect(shape(merged([to('a', 443), to('a', 80)]))).toEqual(['pods shop app=a → 80+443']);
  });

  it('given two peers with the same ports, then one rule has both', () => {
    expect(shape(merged([to('b', 80), to('a', 80)]))).toEqual(['pods shop app=a+pods shop app=b → 80']);
  });

  it('given peers with different ports, then no rule opens more than was asked', () => {
    expect(shape(merged([to('a', 80), to('b', 80), to('b', 443)]))).toHaveLength(2);
  });

  it('given a port with and without limits on requests, then the one without holds', () => {
    const [rule] = merged([to('a', 80, [{ method: 'GET', path: '/' }]), to('a', 80)]);
    expect(rule?.ports).toEqual([{ protocol: 'TCP', port: 80 }]);
    expect(rule?.evidence.count).toBe(2);
  });

  it('given different requests of one peer and port, then all of them are let through once', () => {
    const get = { method: 'GET', path: '/' };
    const [rule] = merged([to('a', 80, [get]), to('a', 80, [{ method: 'POST', path: '/' }, get])]);
    expect(rule?.ports[0]?.requests).toEqual([get, { method: 'POST', path: '/' }]);
  });

  it('given any allowances in any order, then the rules allow exactly them, and their order is the same', () => {
    const pairs = fc.uniqueArray(
      fc.record({ app: fc.constantFrom('a', 'b', 'c', 'd'), port: fc.integer({ min: 1, max: 4 }) }),
      {
        selector: ({ app, port }) => `${app}${port}`,
      },
    );
    fc.assert(
      fc.property(
        pairs.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const rules = merged(all.map(({ app, port }) => to(app, port)));
          const opened = rules.flatMap(({ peers, ports }) =>
            peers.flatMap((p) => ports.map((q) => `${peerKey(p)} ${portKey(q)}`)),
          );
          const asked = all.map(({ app, port }) => `${peerKey(pods(app))} ${portKey({ protocol: 'TCP', port })}`);
          expect(opened.toSorted()).toEqual(asked.toSorted());
          expect(merged(shuffled.map(({ app, port }) => to(app, port)))).toEqual(rules);
        },
      ),
    );
  });
});
