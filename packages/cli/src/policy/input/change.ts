import {
  applyCandidate,
  refText,
  type Cluster,
  type ObjectRef,
  type PolicyChange,
  type Problem,
} from '@kestrel/policy';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Invocation } from '../../invocation.ts';
import { UsageError } from '../../usage-error.ts';
import type { Complaints } from './complaints.ts';
import { readManifestFiles } from './manifest-files.ts';
import { readFolders, readState, stateSchema, type State } from './state.ts';

/** Options of every command that compares a state with what it would be. */
export const changeSchema = stateSchema.extend({
  candidate: z.array(z.string()).default([]),
  delete: z.array(z.string()).default([]),
  to: z.array(z.string()).default([]),
});
type ChangeOptions = z.infer<typeof changeSchema>;

/** Adds them to a command. */
export function changeOptions(command: Command): Command {
  return command
    .option(
      '--candidate <path...>',
      'objects to add or replace; those with the annotation kestrel.ai/delete: "true" are deleted',
    )
    .option(
      '--delete <object...>',
      'objects to delete, as shop/cart[NetworkPolicy]; without namespace for cluster-wide ones',
    )
    .option('--to <path...>', 'in place of a candidate: the policies that there would be instead of all of the state');
}

/** A state, and what it would be. */
export interface Change extends State {
  readonly after: Cluster;
  readonly change: PolicyChange;
}

/** Reads both. @throws UsageError when no change, or two kinds of it, are named */
export async function readChange(of: Invocation, options: ChangeOptions, complaints: Complaints): Promise<Change> {
  const { candidate, to } = options;
  const deleted = options.delete.map(objectRef);
  if ((candidate.length > 0 || deleted.length > 0) === to.length > 0) {
    throw new UsageError('say either --candidate and --delete, or --to');
  }
  const state = await readState(of, options, complaints);
  if (to.length > 0) {
    const given = await readFolders(of, to, complaints);
    await complaints.tellProblems(given.problems);
    return { ...state, ...instead(state.cluster, given) };
  }
  const { files, errors } = await readManifestFiles(candidate, of.io.cwd);
  await complaints.tell(errors);
  const { cluster: after, change, problems } = applyCandidate(state.cluster, files, { delete: deleted });
  await tellCandidateProblems(complaints, problems);
  return { ...state, after, change };
}

/** What a candidate names and is not there is an error here: the change is not the one that was meant. */
async function tellCandidateProblems(complaints: Complaints, problems: readonly Problem[]): Promise<void> {
  const missing = problems.filter(({ code, path }) => code === 'unresolved' && path === '');
  await complaints.tellProblems([
    ...problems.filter((problem) => !missing.includes(problem)),
    ...missing.map((problem) => ({ ...problem, source: problem.source ?? 'candidate', severity: 'error' as const })),
  ]);
}

/** Another cluster if it has workloads of its own; else other policies for the same one. */
function instead(cluster: Cluster, given: Cluster): Pick<Change, 'after' | 'change'> {
  const { policies, cidrGroups } = given;
  const after = given.pods.length > 0 ? given : { ...cluster, policies, cidrGroups };
  const before = new Map(cluster.policies.map((policy) => [refText(policy.ref), policy]));
  const kept = new Set(policies.map(({ ref }) => refText(ref)));
  const change: PolicyChange = {
    added: policies.filter(({ ref }) => !before.has(refText(ref))),
    replaced: policies.flatMap((policy) => {
      const found = before.get(refText(policy.ref));
      const same = found === undefined || JSON.stringify(found.specs) === JSON.stringify(policy.specs);
      return same ? [] : [{ before: found, after: policy }];
    }),
    deleted: cluster.policies.filter(({ ref }) => !kept.has(refText(ref))),
  };
  return { after, change };
}

function objectRef(text: string): ObjectRef {
  const [, namespace = '', name, kind] = /^(?:([^/[\]]+)\/)?([^/[\]]+)\[([A-Za-z]+)\]$/.exec(text) ?? [];
  if (name !== undefined && kind !== undefined) return { kind, namespace, name };
  throw new UsageError(`--delete: "${text}" names no object: write it as shop/cart[NetworkPolicy]`);
}
