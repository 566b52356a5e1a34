import { manifestsYaml, recommend as recommendPolicies, refText, type Recommendation } from '@kestrel/policy';
import { z } from 'zod';
import type { ExitCode } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { age, table } from '../table.ts';
import { writeDocument } from './document.ts';
import { Complaints } from './input/complaints.ts';
import { readState, stateSchema } from './input/state.ts';
import { readTrafficFiles } from './input/traffic.ts';
import { judgedAs } from './profile-text.ts';

export const recommendSchema = stateSchema.extend({
  edges: z.array(z.string()).min(1),
  kind: z.enum(['networkpolicy', 'cilium', 'authorization']).optional(),
  mode: z.enum(['minimal', 'namespace', 'tighten-existing']),
  namespace: z.array(z.string()).default([]),
  minObservation: z.number(),
  block4: z.number().optional(),
  block6: z.number().optional(),
  now: z.date().optional(),
  output: z.enum(['yaml', 'json', 'table']),
});
type RecommendOptions = z.infer<typeof recommendSchema>;

/** `policy recommend`: policies that let through what was seen, and little else. */
export async function recommend(of: Invocation, options: RecommendOptions): Promise<ExitCode> {
  const complaints = new Complaints(of.err);
  const { cluster, profile } = await readState(of, options, complaints);
  const { connections, evidence, placeOf } = await readTrafficFiles(of, options.edges, complaints);
  const blocks = {
    ...(options.block4 !== undefined && { 4: options.block4 }),
    ...(options.block6 !== undefined && { 6: options.block6 }),
  };
  const result = recommendPolicies({
    cluster,
    profile,
    edges: connections,
    kind: options.kind ?? (profile.network.kind === 'cilium' ? 'cilium' : 'networkpolicy'),
    mode: options.mode,
    minObservationMs: options.minObservation,
    now: options.now ?? new Date(),
    ...(options.namespace.length > 0 && { namespaces: options.namespace }),
    ...(Object.keys(blocks).length > 0 && { blocks }),
  });
  await complaints.tellProblems(result.problems);
  switch (options.output) {
    case 'json':
      await writeDocument(of.out, { ...result, evidence }, 'json', { placeOf, verbatim: 'manifests' });
      break;
    case 'yaml':
      await of.out.write(`${commented(summary(result))}${manifestsYaml(result.manifests)}`);
      break;
    case 'table':
      await of.out.write(`${subjectTable(result)}\n${summary(result)}`);
  }
  return await complaints.close();
}

function subjectTable({ subjects }: Recommendation): string {
  const rows = subjects.map(({ workload, direction, state, policies, connections, short, reasons }) => [
    refText(workload),
    direction,
    state,
    connections,
    policies.map(refText).join(' ') || '-',
    [short ? 'seen for too short a time' : '', ...reasons].filter((text) => text !== '').join('; '),
  ]);
  return table([['WORKLOAD', 'DIRECTION', 'STATE', 'CONNECTIONS', 'POLICIES', 'NOTE'], ...rows]);
}

/** Everything that a person should know before applying it. */
function summary(result: Recommendation): string {
  const { kind, mode, manifests, replaces, observation, generalisations, keptAllowances, conflicts, inexpressible } =
    result;
  const span = [observation.from, observation.to].map((time) => time?.toISOString() ?? '?').join(' to ');
  const least = age(observation.minObservationMs);
  const lines = [
    `${manifests.length} policies of kind ${kind}, mode ${mode}, from ${observation.connections} connections of ${span}`,
    observation.short ? `the traffic spans less than ${least}: what happens rarely may be missing` : '',
    observation.incomplete > 0 ? `of ${observation.incomplete} connections the evidence is incomplete` : '',
    ...replaces.map((ref) => `replaces ${refText(ref)}`),
    ...generalisations.map(
      ({ kind: how, observed, allowed }) => `more than seen (${how}): ${allowed}, for ${observed}`,
    ),
    ...keptAllowances.map(({ policy, path }) => `also allowed, by a policy that stays: ${refText(policy)} ${path}`),
    ...conflicts.map(({ kind: how, connection, explanation }) => {
      const { source, destination, protocol, port } = connection;
      return `conflict (${how}): ${source} to ${destination} ${protocol} ${port}: ${explanation}`;
    }),
    ...inexpressible.map(
      ({ what, connections, explanation }) => `not expressed (${what}, ${connections}): ${explanation}`,
    ),
    ...result.subjects
      .filter(({ state }) => state === 'withheld')
      .map(({ workload, direction, reasons }) => `withheld: ${refText(workload)} ${direction}: ${reasons.join('; ')}`),
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n${judgedAs(result.profile)}`;
}

function commented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `# ${line}\n`)
    .join('');
}
