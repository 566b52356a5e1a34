import { stderr } from 'node:process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Protocol } from '../src/model/cluster.ts';
import type { Problem } from '../src/model/problem.ts';
import { compileNetwork } from '../src/network/engine/compile-network.ts';
import type { NetworkEngine } from '../src/network/engine/network-engine.ts';
import { fullMatcher } from '../src/network/regex.ts';
import { matchesDnsPattern, plainName } from '../src/network/dns-pattern.ts';
import type { EndpointQuery } from '../src/network/peer.ts';
import type { SideVerdict } from '../src/network/verdict.ts';
import { readManifests } from '../src/parse/read-manifests.ts';
import { networkPolicies } from '../src/testing/arbitrary-policies.ts';
import { ciliumObjects } from './cilium-objects.ts';
import { startCiliumPolicy } from './cilium-policy.ts';
import type { CiliumAnswer, CiliumPolicyProgram, CiliumQuestion } from './cilium-policy.ts';
import { endsOf, manifestsOf, podName, state } from './cilium-state.ts';
import type { State } from './cilium-state.ts';

const clusters = 1_000;
const points = [
  { protocol: 'TCP', port: 80 },
  { protocol: 'TCP', port: 81 },
  { protocol: 'TCP', port: 443 },
  { protocol: 'TCP', port: 9999 },
  { protocol: 'UDP', port: 53 },
  { protocol: 'UDP', port: 70 },
  { protocol: 'SCTP', port: 80 },
  { protocol: 'ICMP', port: 8 },
  { protocol: 'ICMPv6', port: 128 },
] as const satisfies readonly { protocol: Protocol; port: number }[];

interface PolicyObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** How much was compared. */
interface Tally {
  ends: number;
  unknown: number;
  refused: number;
  notComputed: number;
}

describe('the engine and Cilium’s own policy code', () => {
  test('given random clusters and policies then both refuse the same policies and both ends say the same', async () => {
    await using cilium = await startCiliumPolicy();
    const tally: Tally = { ends: 0, unknown: 0, refused: 0, notComputed: 0 };
    await fc.assert(
      fc.asyncProperty(state, ciliumObjects, async (of, objects) => {
        expect(await differences(cilium, of, objects, tally)).toEqual([]);
      }),
      { numRuns: clusters },
    );
    stderr.write(`cilium: ${JSON.stringify(tally)}\n`);
    expect(tally.ends).toBeGreaterThanOrEqual(20_000);
    expect(tally.refused).toBeGreaterThan(0);
    // Only toServices without any service, and nothing else here, leaves the engine without an answer.
    expect(tally.unknown).toBeLessThan(tally.ends / 10);
  });

  test('given random NetworkPolicies then both ends say the same', async () => {
    await using cilium = await startCiliumPolicy();
    const tally: Tally = { ends: 0, unknown: 0, refused: 0, notComputed: 0 };
    await fc.assert(
      fc.asyncProperty(state, networkPolicies, async (of, objects) => {
        // With their labels in their identity, nodes meet a namespaceSelector that only excludes: see docs/policy-semantics.md.
        const withoutNodeLabels = { ...of, profile: { ...of.profile, nodeSelectorLabels: false } };
        expect(await differences(cilium, withoutNodeLabels, objects, tally)).toEqual([]);
      }),
      { numRuns: clusters / 2 },
    );
    stderr.write(`cilium, NetworkPolicy: ${JSON.stringify(tally)}\n`);
    expect(tally.ends).toBeGreaterThanOrEqual(20_000);
    expect(tally.unknown).toBe(0);
  });

  test('given random names and patterns then both match the same', async () => {
    await using cilium = await startCiliumPolicy();
    const part = fc.constantFrom('a', 'b', 'ab', '*', '**', 'a*', '*b', 'a*b', '-_', '');
    const pattern = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
    const name = fc
      .array(fc.constantFrom('a', 'b', 'ab', 'axb', 'aab', '-_', 'A', ''), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('.'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(pattern, name), { minLength: 50, maxLength: 50 }), async (pairs) => {
        // What DNS answers is in lower case and ends in a dot.
        const texts = pairs.map(([wanted, text]) => ({
          kind: 'dns' as const,
          pattern: wanted,
          text: `${plainName(text)}.`,
        }));
        const { matches } = await ask(cilium, { texts });
        const own = texts.map(({ pattern: wanted, text }) => (matchesDnsPattern(wanted, text) ? 'match' : 'no-match'));
        const differing = texts.filter((_, index) => matches[index] !== 'invalid' && matches[index] !== own[index]);
        expect(differing).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('given random regular expressions then both match the same', async () => {
    await using cilium = await startCiliumPolicy();
    const atom = fc.constantFrom(
      'a',
      'b',
      '/',
      '.',
      '\\.',
      '[ab]',
      '[^a]',
      '\\d',
      '(a|b)',
      '(?i:A)',
      '\\pL',
      'é',
      '(',
      '\\1',
    );
    const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '*?')).map(([a, b]) => a + b);
    const pattern = fc.array(piece, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
    const text = fc
      .array(fc.constantFrom('a', 'b', 'A', '/', '.', '1', 'é', '\n'), { maxLength: 5 })
      .map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(pattern, text), { minLength: 50, maxLength: 50 }), async (pairs) => {
        const texts = pairs.map(([wanted, given]) => ({ kind: 'regex' as const, pattern: wanted, text: given }));
        const answer = await ask(cilium, { texts });
        const own = texts.map((each) => {
          const matches = fullMatcher(each.pattern);
          return matches === undefined ? 'invalid' : matches(each.text) ? 'match' : 'no-match';
        });
        expect(texts.map((each, index) => ({ ...each, match: own[index] }))).toEqual(
          texts.map((each, index) => ({ ...each, match: answer.matches[index] })),
        );
      }),
      { numRuns: 200 },
    );
  });
});

async function ask(cilium: CiliumPolicyProgram, part: Partial<CiliumQuestion>): Promise<CiliumAnswer> {
  return await cilium.ask({
    profile: {
      enablePolicy: 'default',
      hostFirewall: false,
      allowLocalhost: true,
      nonDefaultDeny: true,
      policyCidrMatchMode: [],
      nodeSelectorLabels: false,
      clusterName: 'default',
    },
    policies: [],
    cidrGroups: [],
    services: [],
    endpoints: [],
    flows: [],
    texts: [],
    ...part,
  });
}

/** Policies that only one refuses, and ends of flows of which they say different things. */
async function differences(
  cilium: CiliumPolicyProgram,
  of: State,
  objects: readonly PolicyObject[],
  tally: Tally,
): Promise<readonly string[]> {
  const ends = endsOf(of);
  const flows = ends.flatMap((source, from) =>
    ends.flatMap((destination, to) =>
      from !== to && (source.kind === 'pod' || destination.kind === 'pod')
        ? points.map((each) => ({ from, to, ...each }))
        : [],
    ),
  );
  const { profile } = of;
  const answer = await ask(cilium, {
    profile: {
      ...profile,
      allowLocalhost: profile.allowLocalhost !== 'policy',
      nodeSelectorLabels: profile.nodeSelectorLabels === true,
    },
    policies: objects.map((object) => ({ kind: object.kind, object })),
    cidrGroups: of.groups.map((group, index) => ({ name: `g${index}`, ...group })),
    services: of.services.map((each, index) => ({
      ...each,
      name: `s${index}`,
      selector: each.selector ?? {},
      addresses: each.selector === undefined ? each.addresses : [],
    })),
    endpoints: ends,
    flows,
  });
  const items = [...manifestsOf(of), ...objects];
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const cluster = readManifests([{ source: 'state.json', text }]);
  const engine = compileNetwork(cluster, { profile });
  const found = refusalDifferences(engine, objects, answer, tally);
  const queries = ends.map((end, index): EndpointQuery => {
    if (end.kind === 'pod') return { pod: { namespace: end.namespace ?? '', name: podName(index) } };
    const [ip = ''] = end.ips;
    return { ip, ...(end.dnsNames !== undefined && { dnsNames: end.dnsNames }) };
  });
  for (const [index, { from, to, protocol, port }] of flows.entries()) {
    const [source, destination, theirs] = [queries[from], queries[to], answer.verdicts[index]];
    if (source === undefined || destination === undefined || theirs === undefined) throw new Error('no such flow');
    const ours = engine.verdict({ source, destination, protocol, port });
    for (const direction of ['egress', 'ingress'] as const) {
      const difference = sideDifference(ours[direction], theirs[direction], tally);
      if (difference === undefined) continue;
      found.push(
        `${JSON.stringify(source)} → ${JSON.stringify(destination)} ${protocol}/${port} ${direction}: ${difference}`,
      );
    }
  }
  return found;
}

function refusalDifferences(
  engine: NetworkEngine,
  objects: readonly PolicyObject[],
  { refused }: CiliumAnswer,
  tally: Tally,
): string[] {
  return objects.flatMap(({ metadata: { name } }, index) => {
    const theirs = refused[index] ?? '';
    if (theirs !== '') tally.refused += 1;
    const faults = engine.problems.filter((each) => each.object?.name === name && isRefusal(each));
    if (theirs === '' ? faults.length === 0 : faults.length > 0) return [];
    return [`${name}: Cilium says "${theirs}", the engine ${JSON.stringify(faults)}`];
  });
}

function sideDifference(ours: SideVerdict, theirs: string, tally: Tally): string | undefined {
  if (theirs === 'none') return undefined;
  tally.ends += 1;
  if (theirs.startsWith('error: ')) {
    // Rules that Cilium can not merge: the agent keeps what it had before. See docs/policy-semantics.md.
    tally.notComputed += 1;
    return undefined;
  }
  if (ours.outcome === 'unknown') {
    tally.unknown += 1;
    return ours.causes.every(({ code }) => code === 'incomplete')
      ? undefined
      : `unknown: ${JSON.stringify(ours.causes)}`;
  }
  const wanted = theirs === 'denied' ? 'denied' : 'allowed';
  if (ours.outcome !== wanted) return `Cilium says ${theirs}, the engine ${ours.outcome}: ${ours.reason}`;
  // Where the engine judges requests Cilium sends them to its proxy; that also gets some that no rule restricts.
  if (ours.requestsJudged && theirs !== 'proxied') return `Cilium says ${theirs}, the engine judges requests`;
  return undefined;
}

/** What the agent refuses because it has no rule is no fault of the input: the engine only tells that it does nothing. */
function isRefusal({ severity, message }: Problem): boolean {
  return severity === 'error' || message.endsWith('the whole policy does nothing');
}
