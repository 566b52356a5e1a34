import { compilePair, matrixDifference, portsText, type MatrixDifference } from '@kestrel/policy';
import { z } from 'zod';
import type { ExitCode } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { table, type Row } from '../table.ts';
import { changeLines, changeNames, type ChangeNames } from './change-text.ts';
import { writeDocument } from './document.ts';
import { Complaints } from './input/complaints.ts';
import { changeSchema, readChange } from './input/change.ts';
import { judgedAs } from './profile-text.ts';

export const diffSchema = changeSchema.extend({ output: z.enum(['table', 'json', 'yaml']) });
type DiffOptions = z.infer<typeof diffSchema>;

/** Kinds that decide over requests, not connections: the matrix does not know them. */
const NOT_IN_MATRIX = /\[(?:AuthorizationPolicy|PeerAuthentication|RequestAuthentication)\]$/;

/** `policy diff`: which connections a change of policies opens and closes, seen or not. */
export async function diff(of: Invocation, options: DiffOptions): Promise<ExitCode> {
  const complaints = new Complaints(of.err);
  const { cluster, after, change, profile } = await readChange(of, options, complaints);
  const engines = compilePair(cluster, after, { profile: profile.network });
  await complaints.tellProblems([...engines.before.problems, ...engines.after.problems]);
  const names = changeNames(change);
  const notCompared = [...names.added, ...names.replaced, ...names.deleted].filter((name) => NOT_IN_MATRIX.test(name));
  const difference = matrixDifference(engines);
  if (options.output === 'table') {
    await of.out.write(`${diffTable(names, difference, notCompared)}${judgedAs(profile)}`);
  } else {
    const problems = [...after.problems, ...engines.after.problems];
    await writeDocument(
      of.out,
      { profile, change: names, notCompared, ...withoutProfile(difference), problems },
      options.output,
    );
  }
  return await complaints.close();
}

function withoutProfile({ added, removed, unclear, requests }: MatrixDifference): Omit<MatrixDifference, 'profile'> {
  return { added, removed, unclear, requests };
}

function diffTable(change: ChangeNames, difference: MatrixDifference, notCompared: readonly string[]): string {
  const rows = differenceRows(difference);
  const left = notCompared.length === 0 ? '' : `not compared, since they judge requests: ${notCompared.join(' ')}\n`;
  return `${changeLines(change)}\n${rows.length === 0 ? 'no connection changes\n' : differenceTable(rows)}\n${left}`;
}

/** Rows of changed connections, the opened ones first. */
export function differenceRows({ added, removed, unclear, requests }: MatrixDifference): Row[] {
  return [
    ...added.map((each): Row => ['opened', each.src, each.dst, portsText(each.ports), noteOf(each)]),
    ...removed.map((each): Row => ['closed', each.src, each.dst, portsText(each.ports), noteOf(each)]),
    ...unclear.map((each): Row => [
      'unclear',
      each.src,
      each.dst,
      portsText(each.ports),
      `${each.before} before, ${each.after} after`,
    ]),
    ...requests.map((each): Row => [
      'requests',
      each.src,
      each.dst,
      portsText(each.ports),
      each.judged ? 'will be judged one by one' : 'will no longer be judged',
    ]),
  ];
}

export function differenceTable(rows: readonly Row[]): string {
  return table([['CHANGE', 'SOURCE', 'DESTINATION', 'PORTS', 'NOTE'], ...rows]);
}

function noteOf({ differing }: { readonly differing?: true }): string {
  return differing === true ? 'for some pods only' : '';
}
