import { OperationalError } from '@kestrel/runtime';
import type { Msg } from '@nats-io/transport-node';
import { z } from 'zod';

const apiError = z.object({ code: z.number(), err_code: z.number().optional(), description: z.string().optional() });
const pubAckResponse = z.object({
  stream: z.string().optional(),
  seq: z.number().int().nonnegative().optional(),
  duplicate: z.boolean().optional(),
  error: apiError.optional(),
});

/** The server's numbers of the errors that the bus tells apart (nats-server, errors.json). */
export const ERR_CODE = {
  insufficientResources: 10023,
  messageTooLarge: 10054,
  streamNotFound: 10059,
  wrongLastSequence: 10071,
  headersTooLarge: 10097,
  storeFailed: 10077,
  accountResources: 10002,
  consumerNotFound: 10014,
  wrongLastSequenceConstant: 10164,
  duplicateConflict: 10158,
  streamNameInUse: 10058,
  atomicDisabled: 10174,
  batchIncomplete: 10176,
  batchDuplicate: 10201,
  batchTooManyInFlight: 10210,
} as const;

/** What the server said about one publish. */
export type PubAnswer =
  | { readonly kind: 'stored'; readonly seq: number; readonly duplicate: boolean }
  /** The first message of an atomic batch was staged; the commit's answer follows. */
  | { readonly kind: 'staged' }
  | { readonly kind: 'refused'; readonly errCode: number; readonly status: number; readonly description: string }
  /** Nobody listens on the subject: the stream is missing (or has no leader). */
  | { readonly kind: 'no_stream' };

/** Reads the answer to a publish: a PubAck, an error, an empty staging ack, or the server's "no responders". */
export function readPubAnswer(message: Msg): PubAnswer {
  if (message.data.length === 0) return message.headers?.code === 503 ? { kind: 'no_stream' } : { kind: 'staged' };
  const { error, seq, duplicate } = pubAckResponse.parse(JSON.parse(message.string()));
  if (error) {
    const { code, err_code: errCode = 0, description = 'no description' } = error;
    return { kind: 'refused', errCode, status: code, description };
  }
  if (seq === undefined) throw new OperationalError('bus_protocol', 'a publish was acknowledged without a sequence');
  return { kind: 'stored', seq, duplicate: duplicate === true };
}

/** The error of a refused publish. `fence_lost` is what a wrong last sequence means when the publish was fenced. */
export function publishError(
  answer: Exclude<PubAnswer, { kind: 'stored' | 'staged' }>,
  subject: string,
): OperationalError {
  if (answer.kind === 'no_stream') {
    return new OperationalError('stream_missing', `no stream takes ${subject}`);
  }
  const { code, retryable } = verdict(answer.errCode);
  return new OperationalError(code, `the bus refuses ${subject}: ${answer.description} (${answer.errCode})`, {
    retryable,
  });
}

function verdict(errCode: number): { code: string; retryable: boolean } {
  switch (errCode) {
    case ERR_CODE.wrongLastSequence:
    case ERR_CODE.wrongLastSequenceConstant:
      return { code: 'wrong_sequence', retryable: false };
    case ERR_CODE.messageTooLarge:
    case ERR_CODE.headersTooLarge:
      return { code: 'too_large', retryable: false };
    case ERR_CODE.storeFailed:
    case ERR_CODE.insufficientResources:
    case ERR_CODE.accountResources:
      return { code: 'stream_full', retryable: true };
    case ERR_CODE.atomicDisabled:
      return { code: 'batch_not_allowed', retryable: false };
    default:
      return { code: 'publish_refused', retryable: true };
  }
}
