import {
  effectiveness as measure,
  refText,
  type Effectiveness,
  type PolicyEffect,
  type RuleEffect,
} from '@kestrel/policy';
import { z } from 'zod';
import type { ExitCode } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { count, table, type Row } from '../table.ts';
import { writeDocument } from './document.ts';
import { Complaints } from './input/complaints.ts';
import { readState, stateSchema } from './input/state.ts';
import { readTrafficFiles } from './input/traffic.ts';
import { judgedAs } from './profile-text.ts';

export const effectivenessSchema = stateSchema.extend({
  edges: z.array(z.string()).default([]),
  output: z.enum(['table', 'json', 'yaml']),
});
type EffectivenessOptions = z.infer<typeof effectivenessSchema>;

/** `policy effectiveness`: which policies and rules do something, and where traffic contradicts them. */
export async function effectiveness(of: Invocation, options: EffectivenessOptions): Promise<ExitCode> {
  const complaints = new Complaints(of.err);
  const { cluster, profile } = await readState(of, options, complaints);
  const traffic = options.edges.length === 0 ? undefined : await readTrafficFiles(of, options.edges, complaints);
  const result = measure({
    cluster,
    profile,
    ...(traffic !== undefined && { edges: traffic.connections, evidence: traffic.evidence }),
  });
  // Those of the cluster are told already.
  await complaints.tellProblems(result.problems.filter((problem) => !cluster.problems.includes(problem)));
  if (options.output === 'table') await of.out.write(effectivenessTable(result));
  else await writeDocument(of.out, result, options.output, traffic && { placeOf: traffic.placeOf });
  return await complaints.close();
}

function effectivenessTable(result: Effectiveness): string {
  const { policies, coverage, contradictions, contradictionCount, evidence, profile } = result;
  const rows = policies.flatMap((policy): Row[] => [policyRow(policy), ...policy.rules.map(ruleRow)]);
  const { score, workloads, uncovered, open, authorization } = coverage;
  return [
    table([['POLICY', 'RULE', 'ALLOWED', 'DENIED', 'LAST HIT', 'NOTE'], ...rows]),
    contradictionCount === 0
      ? ''
      : `\nCONTRADICTED BY TRAFFIC (${contradictionCount})\n${contradictionTable(contradictions)}`,
    `\ncoverage: ${score.toFixed(1)} of 100 over ${workloads} workloads\n`,
    `not covered for ingress: ${uncovered.ingress.join(' ') || 'none'}\n`,
    `not covered for egress: ${uncovered.egress.join(' ') || 'none'}\n`,
    `open to the world on every port: ingress ${open.ingress.join(' ') || 'none'}; egress ${open.egress.join(' ') || 'none'}\n`,
    `authorization: ${authorization.covered} workloads covered\n`,
    evidence === undefined
      ? 'without traffic hits are not observable\n'
      : `${evidence.connections} connections${evidence.complete ? '' : `, the evidence of ${evidence.incompleteEdges} is incomplete`}\n`,
    judgedAs(profile),
  ].join('');
}

function policyRow({ policy, workloads, hits, neverMatched, mayHaveMatched, redundant, dryRun }: PolicyEffect): Row {
  const notes = [
    workloads.length === 0 ? 'selects no workload' : '',
    redundant === true ? 'redundant: without it nothing changes' : '',
    neverMatched === true ? 'never matched' : '',
    mayHaveMatched === true ? 'may have matched: the records do not show enough' : '',
    dryRun === true ? 'dry run' : '',
  ];
  return [refText(policy), '', ...hitCells(hits), notes.filter((note) => note !== '').join('; ')];
}

function ruleRow({ path, hits, neverMatched, mayHaveMatched, redundant, without, broader }: RuleEffect): Row {
  const by = without?.by.map(({ policy, path: at }) => `${refText(policy)} ${at}`).join(', ');
  const notes = [
    redundant === true ? `redundant: ${without?.why ?? 'without it nothing changes'}${by ? ` (${by})` : ''}` : '',
    neverMatched === true ? 'never matched' : '',
    mayHaveMatched === true ? 'may have matched: the records do not show enough' : '',
    broader === undefined ? '' : `broader than seen: ${broaderText(broader)}`,
  ];
  return ['', path, ...hitCells(hits), notes.filter((note) => note !== '').join('; ')];
}

function hitCells(hits: RuleEffect['hits']): Row {
  if (hits === 'not observable') return ['not observable', '', ''];
  return [count(hits.allowed), count(hits.denied), hits.lastHit ?? '-'];
}

function broaderText({ peers, ports, addresses = [] }: NonNullable<RuleEffect['broader']>): string {
  return [
    peers && `${peers.observed} of ${peers.declared} workloads`,
    ports && `${Object.values(ports.observed).flat().length} ranges of ${count(ports.declared)} ports`,
    ...addresses.map(({ cidr, observed }) => `${observed} addresses of ${cidr}`),
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

function contradictionTable(contradictions: Effectiveness['contradictions']): string {
  const rows = contradictions.map(({ kind, src, dst, protocol, port, observed, reason }): Row => [
    kind,
    src,
    dst,
    `${protocol} ${port}`,
    observed.lastSeen ?? '-',
    reason,
  ]);
  return table([['KIND', 'SOURCE', 'DESTINATION', 'WHAT', 'LAST SEEN', 'DECLARED'], ...rows]);
}
