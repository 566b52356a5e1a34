import {
  compileAuthorization,
  compileNetwork,
  lintAdminPolicies,
  lintNetworkPolicies,
  type Problem,
} from '@kestrel/policy';
import { z } from 'zod';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { table } from '../table.ts';
import { Complaints } from './input/complaints.ts';
import { problemText } from './input/problem-text.ts';
import { readState, stateSchema, type State } from './input/state.ts';
import { judgedAs } from './profile-text.ts';
import { writeDocument } from './document.ts';

export const lintSchema = stateSchema.extend({
  strict: z.boolean().default(false),
  output: z.enum(['table', 'json', 'yaml']),
});
type LintOptions = z.infer<typeof lintSchema>;

const SEVERITIES = ['error', 'warning', 'info'] as const;

/** `policy lint`: everything that is wrong with the manifests, or that limits what can be said of them. */
export async function lint(of: Invocation, options: LintOptions): Promise<ExitCode> {
  const complaints = new Complaints(of.err);
  const state = await readState(of, options, complaints, { problemsAreTheResult: true });
  const problems = allProblems(state);
  const count = (severity: Problem['severity']): number => problems.filter((each) => each.severity === severity).length;
  const counts = { error: count('error'), warning: count('warning'), info: count('info') };
  const report = { profile: state.profile, counts, problems };
  if (options.output === 'table') await of.out.write(lintTable(report, state));
  else await writeDocument(of.out, report, options.output);
  if (complaints.any) return EXIT.usage;
  return counts.error > 0 || (options.strict && counts.warning > 0) ? EXIT.failure : EXIT.ok;
}

/** Of reading, of compiling for every layer, of what is valid but pointless; each once, the gravest first. */
function allProblems({ cluster, profile }: State): readonly Problem[] {
  const found = [
    ...cluster.problems,
    ...compileNetwork(cluster, { profile: profile.network }).problems,
    ...compileAuthorization(cluster, profile.authorization).problems,
    ...lintNetworkPolicies(cluster, profile.network),
    ...lintAdminPolicies(cluster),
  ];
  const distinct = [...new Map(found.map((problem) => [JSON.stringify(problem), problem])).values()];
  return SEVERITIES.flatMap((severity) => distinct.filter((problem) => problem.severity === severity));
}

function lintTable(
  { counts, problems }: { counts: Record<Problem['severity'], number>; problems: readonly Problem[] },
  { cluster, profile }: State,
): string {
  const rows = problems.map((problem) => [problem.severity, problem.code, problem.source, problemText(problem)]);
  return [
    rows.length === 0 ? '' : `${table([['SEVERITY', 'CODE', 'SOURCE', 'PROBLEM'], ...rows])}\n`,
    `${cluster.policies.length} policies, ${cluster.pods.length} pods or workloads, ${cluster.namespaces.size} namespaces\n`,
    judgedAs(profile),
    `${counts.error} errors, ${counts.warning} warnings, ${counts.info} notes\n`,
  ].join('');
}
