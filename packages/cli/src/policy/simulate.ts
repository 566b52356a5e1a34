import { refText, simulate as simulateChange, type Simulation } from '@kestrel/policy';
import { z } from 'zod';
import type { ExitCode } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { count, table, type Row } from '../table.ts';
import { changeLines } from './change-text.ts';
import { differenceRows, differenceTable } from './diff.ts';
import { writeDocument } from './document.ts';
import { changeSchema, readChange } from './input/change.ts';
import { Complaints } from './input/complaints.ts';
import { readTrafficFiles } from './input/traffic.ts';
import { judgedAs } from './profile-text.ts';

export const simulateSchema = changeSchema.extend({
  edges: z.array(z.string()).default([]),
  output: z.enum(['table', 'json', 'yaml']),
});
type SimulateOptions = z.infer<typeof simulateSchema>;

/** `policy simulate`: what a change of policies would do to the traffic that was seen, and to all that could be. */
export async function simulate(of: Invocation, options: SimulateOptions): Promise<ExitCode> {
  const complaints = new Complaints(of.err);
  const { cluster: before, after, profile } = await readChange(of, options, complaints);
  const { connections, evidence, placeOf } = await readTrafficFiles(of, options.edges, complaints);
  const result = simulateChange({ before, after, profile, edges: connections, evidence });
  // Those of the state are told already.
  const told = new Set([...before.problems, ...after.problems]);
  await complaints.tellProblems(result.problems.filter((problem) => !told.has(problem)));
  if (options.output === 'table') await of.out.write(simulationTable(result));
  else await writeDocument(of.out, result, options.output, { placeOf });
  return await complaints.close();
}

function names({ added, replaced, deleted }: Simulation['change']) {
  return { added: added.map(refText), replaced: replaced.map(refText), deleted: deleted.map(refText) };
}

function simulationTable(result: Simulation): string {
  const { change, observed, connections, notes, judged, profile } = result;
  const rows = observed.map(
    ({ effect, src, dst, protocol, port, request, pathTemplate, observed: seen, reason }): Row => [
      effect,
      src,
      dst,
      [`${protocol} ${port}`, request?.http?.method, pathTemplate ?? request?.http?.path].filter(Boolean).join(' '),
      Object.entries(seen.counts)
        .map(([verdict, times]) => `${count(times)} ${verdict}`)
        .join(', '),
      seen.lastSeen ?? '-',
      reason,
    ],
  );
  const unseen = differenceRows({ ...connections, profile: profile.network });
  const head = ['EFFECT', 'SOURCE', 'DESTINATION', 'WHAT', 'SEEN', 'LAST', 'REASON'];
  return [
    changeLines(names(change)),
    `\nOBSERVED TRAFFIC (${judged.network} connections and ${judged.authorization} requests judged anew)\n`,
    rows.length === 0 ? 'nothing changes\n' : table([head, ...rows]),
    '\nALL CONNECTIONS, SEEN OR NOT\n',
    unseen.length === 0 ? 'nothing changes\n' : differenceTable(unseen),
    '\n',
    ...notes.map(({ message }) => `note: ${message}\n`),
    judgedAs(profile),
  ].join('');
}
