import { detectProfile, readManifests, readRecords, type Cluster, type Profile } from '@kestrel/policy';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Invocation } from '../../invocation.ts';
import { UsageError } from '../../usage-error.ts';
import { givenProfile, profileOptions, profileSchema } from '../profile-options.ts';
import { readResources } from '../records/read-resources.ts';
import type { Complaints } from './complaints.ts';
import { readManifestFiles } from './manifest-files.ts';

/** Options of every command that judges a state. */
export const stateSchema = profileSchema.extend({
  dir: z.array(z.string()).default([]),
  records: z.array(z.string()).default([]),
});
export type StateOptions = z.infer<typeof stateSchema>;

/** Adds them to a command. */
export function stateOptions(command: Command): Command {
  command
    .option('--dir <path...>', 'manifests: files, or folders with all .yaml, .yml and .json below them')
    .option('--records <file...>', 'in place of --dir: records of KESTREL_RESOURCES, one in JSON a line');
  return profileOptions(command);
}

/** What is judged. */
export interface State {
  readonly cluster: Cluster;
  readonly profile: Profile;
}

/**
 * Reads the state. What of it can't be used is told as a complaint, and the rest is taken.
 * @throws UsageError when neither or both kinds of input are named, or nothing of it could be read
 */
export async function readState(
  of: Invocation,
  options: StateOptions,
  complaints: Complaints,
  o: { readonly problemsAreTheResult?: boolean } = {},
): Promise<State> {
  const { dir, records } = options;
  if ((dir.length === 0) === (records.length === 0)) throw new UsageError('say either --dir or --records');
  const given = givenProfile(options);
  const cluster = dir.length > 0 ? await readFolders(of, dir, complaints) : await readStream(of, records, complaints);
  if (o.problemsAreTheResult !== true) await complaints.tellProblems(cluster.problems);
  return { cluster, profile: detectProfile(cluster, given) };
}

/** Manifests of files and folders. @throws UsageError when there are none */
export async function readFolders(of: Invocation, dir: readonly string[], complaints: Complaints): Promise<Cluster> {
  const { files, errors } = await readManifestFiles(dir, of.io.cwd);
  await complaints.tell(errors);
  if (files.length === 0) throw new UsageError('there are no manifests to judge');
  return readManifests(files);
}

async function readStream(of: Invocation, records: readonly string[], complaints: Complaints): Promise<Cluster> {
  const { resources, errors } = await readResources(records, of.io.cwd);
  await complaints.tell(errors);
  if (resources.length === 0) throw new UsageError('there are no records to judge');
  return readRecords(resources);
}
