import { compileNetwork, connectivityMatrix, portsText, type Matrix } from '@kestrel/policy';
import { z } from 'zod';
import type { ExitCode } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { table } from '../table.ts';
import { writeDocument } from './document.ts';
import { Complaints } from './input/complaints.ts';
import { readState, stateSchema } from './input/state.ts';
import { matrixDot } from './matrix-dot.ts';
import { judgedAs } from './profile-text.ts';

export const matrixSchema = stateSchema.extend({ output: z.enum(['table', 'json', 'yaml', 'dot']) });
type MatrixOptions = z.infer<typeof matrixSchema>;

/** `policy matrix`: every allowed connection. */
export async function matrix(of: Invocation, options: MatrixOptions): Promise<ExitCode> {
  const complaints = new Complaints(of.err);
  const { cluster, profile } = await readState(of, options, complaints);
  const engine = compileNetwork(cluster, { profile: profile.network });
  await complaints.tellProblems(engine.problems);
  const computed = connectivityMatrix(engine);
  switch (options.output) {
    case 'dot':
      await of.out.write(matrixDot(computed));
      break;
    case 'table':
      await of.out.write(`${matrixTable(computed)}${judgedAs(profile)}`);
      break;
    case 'json':
    case 'yaml': {
      const problems = [...cluster.problems, ...computed.problems];
      await writeDocument(of.out, { ...computed, profile, problems }, options.output);
    }
  }
  return await complaints.close();
}

function matrixTable({ connections, unprotected, incomplete, hostNetwork }: Matrix): string {
  const rows = connections.map(({ src, dst, allow, requestsJudged, differing }) => [
    src,
    dst,
    portsText(allow),
    [requestsJudged && 'requests are judged', differing && 'not for all pods'].filter(Boolean).join(', '),
  ]);
  const gaps = incomplete.map(({ src, dst, unknown, causes }) => [
    src,
    dst,
    portsText(unknown),
    causes.map(({ message }) => message).join('; '),
  ]);
  return [
    table([['SOURCE', 'DESTINATION', 'ALLOWED', 'NOTE'], ...rows]),
    gaps.length === 0 ? '' : `\nNOT KNOWN\n${table([['SOURCE', 'DESTINATION', 'PORTS', 'CAUSE'], ...gaps])}`,
    `\nunprotected ingress: ${unprotected.ingress.join(' ') || 'none'}\n`,
    `unprotected egress: ${unprotected.egress.join(' ') || 'none'}\n`,
    hostNetwork.length === 0 ? '' : `in their node's network, out of policies' reach: ${hostNetwork.join(' ')}\n`,
  ].join('');
}
