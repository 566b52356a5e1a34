import { OperationalError } from '@kestrel/runtime';
import { ERR_CODE, publishError } from '../api/pub-ack.ts';
import type { PubAnswer } from '../api/pub-ack.ts';
import type { ShipmentMode } from './shipment.ts';

type Refusal = Exclude<PubAnswer, { kind: 'stored' | 'staged' }>;

/** What to do about a refused shipment. */
export type RefusalVerdict =
  /** The server asks for patience: the same again, a little later. */
  | { readonly kind: 'again' }
  /** A batch that holds a stored message id was committed by an earlier attempt: ask for each message's sequence. */
  | { readonly kind: 'ask_each' }
  /** Nobody answers for the stream: find out whether it exists. */
  | { readonly kind: 'check_stream' }
  | { readonly kind: 'fail'; readonly error: OperationalError };

/** Pure: what a refusal means for a shipment in this mode. */
export function refusalVerdict(
  answer: Refusal,
  o: { mode: ShipmentMode; fenced: boolean; subject: string },
): RefusalVerdict {
  if (answer.kind === 'no_stream') return { kind: 'check_stream' };
  switch (answer.errCode) {
    case ERR_CODE.batchDuplicate:
      return o.mode === 'batch' ? { kind: 'ask_each' } : { kind: 'fail', error: publishError(answer, o.subject) };
    // The same message id or the same fence is being written this very moment (clustered streams only), the server
    // gave up on a half-received batch, or it handles too many batches.
    case ERR_CODE.duplicateConflict:
    case ERR_CODE.wrongLastSequenceConstant:
    case ERR_CODE.batchIncomplete:
    case ERR_CODE.batchTooManyInFlight:
      return { kind: 'again' };
    case ERR_CODE.wrongLastSequence:
      return { kind: 'fail', error: o.fenced ? fenceLost(answer, o.subject) : publishError(answer, o.subject) };
    default:
      return { kind: 'fail', error: publishError(answer, o.subject) };
  }
}

function fenceLost(answer: Extract<Refusal, { kind: 'refused' }>, subject: string): OperationalError {
  const message = `another writer took the fence: ${subject} is refused (${answer.description})`;
  return new OperationalError('fence_lost', message, { retryable: false });
}
