import type { Bus } from '../connection/bus.ts';
import { HEADER } from './header-names.ts';
import { natsHeaders } from './nats-headers.ts';
import { ERR_CODE, publishError, readPubAnswer } from './pub-ack.ts';
import { requestError } from './request-error.ts';

/** What became of a conditional write. `conflict`: the subject's last sequence was another. */
export type CasResult = { readonly kind: 'written'; readonly seq: number } | { readonly kind: 'conflict' };

/**
 * Writes one message if the subject's last sequence is `expectedSeq` (0: no message). One attempt.
 *
 * @throws OperationalError `bus_timeout`: **the outcome is unknown**, read before you decide; `stream_missing`,
 * `stream_full`, `publish_refused`: it was not written. All retryable.
 */
export async function compareAndSet(
  bus: Bus,
  o: {
    readonly subject: string;
    readonly data: Uint8Array;
    readonly expectedSeq: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
  },
): Promise<CasResult> {
  const headers = natsHeaders({
    ...o.headers,
    [HEADER.expectedLastSubjectSequence]: String(o.expectedSeq),
  });
  const reply = await bus.nc.request(o.subject, o.data, { timeout: o.timeoutMs, headers }).catch((error: unknown) => {
    throw requestError(error, `${o.subject} cannot be written`);
  });
  const answer = readPubAnswer(reply);
  if (answer.kind === 'stored') return { kind: 'written', seq: answer.seq };
  if (answer.kind === 'refused' && isConflict(answer.errCode)) return { kind: 'conflict' };
  throw publishError(answer.kind === 'staged' ? { kind: 'no_stream' } : answer, o.subject);
}

function isConflict(errCode: number): boolean {
  return errCode === ERR_CODE.wrongLastSequence || errCode === ERR_CODE.wrongLastSequenceConstant;
}
