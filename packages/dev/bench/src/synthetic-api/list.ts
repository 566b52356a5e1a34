import { z } from 'zod';
import { type ApiRequest, answerStatus, write } from './answer.ts';
import { apiVersion, type ServedKind } from './served-kinds.ts';
import type { SyntheticCluster } from './synthetic-cluster.ts';

/** Items gathered for one write. */
const ITEMS_PER_WRITE = 8;

const continueSchema = z.object({ version: z.number().int(), next: z.number().int().min(0) });
type Continue = z.infer<typeof continueSchema>;

/**
 * A list, or one page of it when `limit` is given. All pages state the first one's resourceVersion; unlike a real
 * server's they show pods as they are now, so it is not for lists under change.
 */
export async function answerList(request: ApiRequest, kind: ServedKind, cluster: SyntheticCluster): Promise<void> {
  const { stream, query } = request;
  const token = readContinue(query.get('continue'), cluster);
  if (token === undefined) return answerStatus(stream, 400, 'BadRequest', 'continue key is not valid');
  const pods = kind.plural === 'pods' ? cluster.pods : 0;
  const limit = Number(query.get('limit') ?? 0);
  const end = limit > 0 ? Math.min(pods, token.next + limit) : pods;
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  const metadata = {
    resourceVersion: String(token.version),
    ...(end < pods ? { continue: encodeContinue({ ...token, next: end }), remainingItemCount: pods - end } : {}),
  };
  await write(
    stream,
    `{"kind":"${kind.kind}List","apiVersion":"${apiVersion(kind)}","metadata":${JSON.stringify(metadata)},"items":[`,
  );
  for (let from = token.next; from < end; from += ITEMS_PER_WRITE) {
    const texts = [];
    for (let index = from; index < Math.min(end, from + ITEMS_PER_WRITE); index += 1) texts.push(cluster.text(index));
    if (!(await write(stream, `${from === token.next ? '' : ','}${texts.join(',')}`))) return;
  }
  if (!stream.destroyed) stream.end(']}\n');
}

function readContinue(text: string | null, cluster: SyntheticCluster): Continue | undefined {
  if (text === null) return { version: cluster.version, next: 0 };
  try {
    return continueSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch {
    return undefined; // not one of ours: the caller says so to the client
  }
}

function encodeContinue(token: Continue): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}
