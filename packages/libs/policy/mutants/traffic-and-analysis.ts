import type { Mutant } from './mutant.ts';

const edge = 'traffic/read-edge.ts';
const merge = 'traffic/merge-observed.ts';
const matrix = 'matrix/connectivity-matrix.ts';
const pairs = 'matrix/changed-pairs.ts';
const hits = 'effectiveness/rule-hits.ts';
const redundancy = 'effectiveness/redundancy.ts';
const contradictions = 'effectiveness/contradictions.ts';

export const mutants: readonly Mutant[] = [
  {
    rule: 'what left the source may yet be refused at a pod: only the destination makes that verdict complete',
    file: edge,
    find: "(side === 'source' && destination !== 'pod')",
    replace: "side === 'source'",
  },
  {
    rule: 'of a denial and something let through at the same time the denial counts',
    file: edge,
    find: 'deniedMs >= allowedMs',
    replace: 'deniedMs > allowedMs',
  },
  {
    rule: 'another node in front of a pod may hide the source',
    file: edge,
    find: "source === 'remote_node' || ",
    replace: '',
  },
  {
    rule: "the pod's own node hides somebody only behind a service",
    file: edge,
    find: "(source === 'host' && service !== '')",
    replace: "source === 'host'",
  },
  {
    rule: 'a path with variable parts is not the path that was asked for',
    file: edge,
    find: "pathTemplate !== '' && !variable && ",
    replace: "pathTemplate !== '' && ",
  },
  {
    rule: 'no principal over mutual TLS means that it was not recorded',
    file: edge,
    find: "(principal !== '' || !edge.mutualTls)",
    replace: "(principal !== '' || edge.mutualTls || !edge.mutualTls)",
  },
  {
    rule: 'a source that samples does not stand for all traffic',
    file: edge,
    find: 'complete: complete && !sampled,',
    replace: 'complete,',
  },
  {
    rule: 'a record that says nothing of its completeness is not complete',
    file: edge,
    find: 'return { complete: false, sampled: false, losses: [] };',
    replace: 'return { complete: true, sampled: false, losses: [] };',
  },
  {
    rule: 'what was let through is counted once, though both ends saw it',
    file: merge,
    find: 'SEEN_ONCE.has(verdict) ? addTallies : unitedTallies',
    replace: 'addTallies',
  },
  {
    rule: 'what was refused at either end is summed',
    file: merge,
    find: 'SEEN_ONCE.has(verdict) ? addTallies : unitedTallies',
    replace: 'unitedTallies',
  },
  {
    rule: 'all reporters have counted only since the last of them began',
    file: merge,
    find: 'map(({ observedSinceMs }) => observedSinceMs).reduce(latestOfTwo)',
    replace: 'map(({ observedSinceMs }) => observedSinceMs).reduce(earliest)',
  },
  {
    rule: 'the address of a pod with a workload is one of many: it is not asked for by it',
    file: 'traffic/read-endpoint.ts',
    find: '      ...(entity !== undefined && { entity }),\n    };\n  }',
    replace: '      ...(entity !== undefined && { entity }),\n      ip,\n    };\n  }',
  },
  {
    rule: 'what any pod of a workload may do is allowed for the workload',
    file: 'matrix/patterns.ts',
    find: 'if (allowed.length > 0) {',
    replace: 'if (allowed.length > 1) {',
  },
  {
    rule: 'neighbouring ranges are one only where they are treated alike',
    file: 'matrix/ends.ts',
    find: 'before.range.family === range.family && before.key === own',
    replace: 'before.range.family === range.family',
  },
  {
    rule: 'neighbouring ranges that are treated alike are one',
    file: 'matrix/ends.ts',
    find: 'before.key === own',
    replace: 'before.key !== before.key',
  },
  {
    rule: 'a workload is unprotected where nothing is denied to one of its pods',
    file: matrix,
    find: 'peers.some((peer) => !denied.has(peer))',
    replace: 'peers.every((peer) => denied.has(peer))',
  },
  {
    rule: 'a pod alone has no other pod of its workload to talk to',
    file: 'matrix/several-pods.ts',
    find: 'return more.length > 0 || first === undefined || ',
    replace: 'return true || ',
  },
  {
    rule: 'named ports of the destination decide what its ingress rules say',
    file: 'matrix/rows.ts',
    find: "const names = direction === 'ingress' && this.#byName && subjectClass !== -1;",
    replace: 'const names = false && this.#byName && subjectClass !== -1;',
  },
  {
    rule: 'a connection changes when the end of the destination says something else',
    file: pairs,
    find: "for (const direction of ['egress', 'ingress'] as const)",
    replace: "for (const direction of ['egress'] as const)",
  },
  {
    rule: 'in matrix and difference both ends must allow',
    file: 'matrix/patterns.ts',
    find: 'const outcome = bothEnds(left.outcome, right.outcome);',
    replace: 'const { outcome } = left;',
  },
  {
    rule: 'a policy that says the same as before is no change',
    file: 'simulation/policy-change.ts',
    find: 'was === undefined || was === policy || policyText(was) === policyText(policy)',
    replace: 'was === undefined || was === policy',
  },
  {
    rule: 'a source that address translation may hide gives an unknown',
    file: 'traffic/network-question.ts',
    find: '  if (connection.sourceHidden) return engine.verdict(networkQuestion(connection)).outcome;\n',
    replace: '',
  },
  {
    rule: 'a connection of which requests were seen is judged by them',
    file: 'traffic/authorization-question.ts',
    find: "return layer === 'l7' || asked.get(source)?.get(destination)?.has(port) !== true;",
    replace: 'return true;',
  },
  {
    rule: 'only connections with an end that the change is about are judged anew',
    file: 'simulation/network-simulation.ts',
    find: "if (!isTouched('egress', connection.source) && !isTouched('ingress', connection.destination)) continue;",
    replace: '',
  },
  {
    rule: 'what was refused at the source never came to the rules of the destination',
    file: hits,
    find: "return allowed > 0 || observedAt.length === 0 || observedAt.includes('destination');",
    replace: 'return true;',
  },
  {
    rule: 'where no rule matches, what isolates the workload has the hit',
    file: hits,
    find: 'return rules.length > 0 ? rules : this.#engine.isolating(direction, subject);',
    replace: 'return rules;',
  },
  {
    rule: 'a rule without effect because the other end denies is redundant',
    file: redundancy,
    find: 'return was !== is || ',
    replace: 'return was === is || was !== is || ',
  },
  {
    rule: 'a rule about requests is not redundant for another about other requests',
    file: redundancy,
    find: 'rule.layer7 !== undefined && leftOut(rule)',
    replace: 'rule.layer7 === undefined && leftOut(rule)',
  },
  {
    rule: 'pods that are gone are no reason to keep a rule',
    file: redundancy,
    find: "return this.#engine.peers[peer]?.kind !== 'pod' || this.#engine.podsOf(peer).length > 0;",
    replace: 'return peer >= 0;',
  },
  {
    rule: 'what an audit let through is as it was meant',
    file: contradictions,
    find: "return passed === 0 && (verdicts.audited?.count ?? 0) > 0 ? 'audited-only' : 'not-enforced';",
    replace: "return passed < 0 ? 'audited-only' : 'not-enforced';",
  },
  {
    rule: 'what was let out at the source contradicts only a denial of that end',
    file: contradictions,
    find: "egress.outcome === 'denied' ? 'not-enforced'",
    replace: "egress.outcome !== 'unknown' ? 'not-enforced'",
  },
  {
    rule: 'a workload that is open to every address outside counts half',
    file: 'effectiveness/coverage.ts',
    find: 'sum += open[direction].length / 2;',
    replace: 'sum += open[direction].length;',
  },
  {
    rule: 'without recorded requests hits of an authorization policy are not observable',
    file: 'effectiveness/authorization-effect.ts',
    find: 'hits !== undefined && scope.some((id) => hits.recorded.has(id))',
    replace: 'hits !== undefined',
  },
  {
    rule: 'the tightest block holds all addresses that were seen, whatever their order',
    file: 'effectiveness/broader.ts',
    find: 'while (!rangeCovers(tightest, range)) {',
    replace: 'while (!rangeCovers(tightest, range) && tightest.prefix > 31) {',
  },
];
