import { resolve } from 'node:path';
import {
  compileAuthorization,
  compileNetwork,
  evaluateRequest,
  Places,
  requestLineSchema,
  tokensInUsualPlaces,
  type Judges,
  type Problem,
} from '@kestrel/policy';
import { z } from 'zod';
import type { ExitCode } from '../exit-code.ts';
import { reasonOf } from '../failure-line.ts';
import type { Invocation } from '../invocation.ts';
import { issueLines } from '../issue-lines.ts';
import { Complaints } from './input/complaints.ts';
import { jsonLines, type JsonLine } from './input/json-lines.ts';
import { readState, stateSchema, type State } from './input/state.ts';
import { profileText } from './profile-text.ts';
import { verdictWriter, type JudgedLine } from './verdict-writer.ts';

export const evaluateSchema = stateSchema.extend({
  requests: z.string(),
  layer: z.enum(['network', 'authorization', 'both']),
  output: z.enum(['table', 'json', 'jsonl', 'yaml']),
});
type EvaluateOptions = z.infer<typeof evaluateSchema>;

/** Text is written in pieces of about this size. */
const pieceCharsMin = 64 * 1_024;

/** `policy evaluate`: judges each line as it is read. */
export async function evaluate(of: Invocation, options: EvaluateOptions): Promise<ExitCode> {
  const complaints = new Complaints(of.err);
  const state = await readState(of, options, complaints);
  const { judges, problems } = compile(state, options.layer);
  await complaints.tellProblems(problems);
  // What of the manifests could not be used, or is of a kind that the engine does not know, may decide: every verdict says so.
  const incomplete = complaints.any || state.cluster.problems.some(({ code }) => code === 'unsupported');
  const common = { profile: profileText(state.profile), ...(incomplete && { incomplete: true as const }) };

  const writer = verdictWriter(options.output);
  let piece = writer.head;
  try {
    for await (const line of jsonLines(resolve(of.io.cwd, options.requests))) {
      const judged = judge(judges, line);
      if ('message' in judged) {
        await complaints.tell([{ source: `${options.requests}:${line.line}`, ...judged }]);
        continue;
      }
      piece += writer.line({ ...judged, ...common });
      if (piece.length < pieceCharsMin) continue;
      await of.out.write(piece);
      piece = '';
      if (of.signal.aborted) return await complaints.close();
    }
  } catch (error) {
    if (!isReadError(error)) throw error;
    await complaints.tell([{ source: options.requests, message: reasonOf(error), code: 'unreadable' }]);
  }
  await of.out.write(piece + writer.tail());
  return await complaints.close();
}

function compile(
  { cluster, profile }: State,
  layer: EvaluateOptions['layer'],
): { judges: Judges; problems: Problem[] } {
  const network = layer === 'authorization' ? undefined : compileNetwork(cluster, { profile: profile.network });
  const authorization = layer === 'network' ? undefined : compileAuthorization(cluster, profile.authorization);
  return {
    judges: {
      ...(network !== undefined && { network }),
      ...(authorization !== undefined && { authorization }),
      tokensInUsualPlaces: tokensInUsualPlaces(cluster.policies),
      places: new Places(cluster),
    },
    problems: [...(network?.problems ?? []), ...(authorization?.problems ?? [])],
  };
}

function judge(judges: Judges, line: JsonLine): Omit<JudgedLine, 'profile'> | { message: string; code: 'invalid' } {
  if ('error' in line) return { message: line.error, code: 'invalid' };
  const read = requestLineSchema.safeParse(line.value);
  if (!read.success) return { message: issueLines(read.error).join('; '), code: 'invalid' };
  return evaluateRequest(judges, read.data);
}

/** Of the file; anything else is a fault of this program. */
function isReadError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
