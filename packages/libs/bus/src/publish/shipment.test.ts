import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ERR_CODE } from '../api/pub-ack.ts';
import { refusalVerdict } from './refusal.ts';
import { answerToken, messageBytes, readAnswerToken, wireMessages } from './shipment.ts';
import type { Shipment, ShipmentMode } from './shipment.ts';

function shipment(count: number, mode: ShipmentMode): Shipment {
  return {
    id: 7,
    messages: Array.from({ length: count }, (_, n) => ({
      subject: `s.${n}`,
      msgId: `m${n}`,
      headers: { h: 'v' },
      data: Buffer.from('x'),
    })),
    mode,
    attempt: 2,
    firstSentMs: undefined,
    deadlineMs: undefined,
    stored: [],
    refusals: 0,
    resolve: () => undefined,
    reject: () => undefined,
  };
}
const fence = { 'Nats-Expected-Last-Subject-Sequence': '5' };

describe('what goes on the wire', () => {
  test('given a batch then each message has its place, the last commits, first and last are answered', () => {
    const wire = wireMessages(shipment(3, 'batch'), fence, 'B');
    const base = { h: 'v', ...fence, 'Nats-Batch-Id': 'B' };
    expect(wire.map((message) => message.headers)).toEqual([
      { ...base, 'Nats-Msg-Id': 'm0', 'Nats-Batch-Sequence': '1' },
      { ...base, 'Nats-Msg-Id': 'm1', 'Nats-Batch-Sequence': '2' },
      { ...base, 'Nats-Msg-Id': 'm2', 'Nats-Batch-Sequence': '3', 'Nats-Batch-Commit': '1' },
    ]);
    expect(wire.map((message) => message.token)).toEqual(['7-2-b-0', undefined, '7-2-b-2']);
  });

  test('given pieces of which some are stored then the others are sent, without a trace of a batch', () => {
    const asked = shipment(3, 'pieces');
    asked.stored[1] = { seq: 1, duplicate: false };
    const wire = wireMessages(asked, {}, 'B');
    expect(wire.map((message) => message.token)).toEqual(['7-2-p-0', '7-2-p-2']);
    for (const message of wire) expect(Object.keys(message.headers)).toEqual(['h', 'Nats-Msg-Id']);
  });

  test('given any answer token then it is read as it was written', () => {
    const token = fc.record({
      id: fc.nat(),
      attempt: fc.nat(),
      mode: fc.constantFrom('batch', 'pieces'),
      index: fc.nat(),
    });
    fc.assert(
      fc.property(token, (value) => {
        expect(readAnswerToken(answerToken(value))).toEqual(value);
      }),
    );
    expect(readAnswerToken('1-2-x-3')).toBeUndefined();
  });

  test('given headers beyond ASCII then their bytes are counted', () => {
    expect(messageBytes({ subject: 's', msgId: 'm', data: Buffer.alloc(5), headers: { a: 'ü' } })).toBe(5 + 1 + 2 + 4);
  });
});

const refused = (errCode: number) => ({ kind: 'refused', errCode, status: 400, description: 'd' }) as const;

describe('refusals', () => {
  const o = { mode: 'batch', fenced: true, subject: 's' } as const;

  test.each([
    [ERR_CODE.wrongLastSequence, true, 'fence_lost', false],
    [ERR_CODE.wrongLastSequence, false, 'wrong_sequence', false],
    [ERR_CODE.messageTooLarge, true, 'too_large', false],
    [ERR_CODE.headersTooLarge, true, 'too_large', false],
    [ERR_CODE.storeFailed, true, 'stream_full', true],
    [ERR_CODE.insufficientResources, true, 'stream_full', true],
    [ERR_CODE.atomicDisabled, true, 'batch_not_allowed', false],
    [1, true, 'publish_refused', true],
  ])('given error %i, fenced %s then it fails as %s', (errCode, fenced, code, retryable) => {
    expect(refusalVerdict(refused(errCode), { ...o, fenced })).toMatchObject({
      kind: 'fail',
      error: { code, retryable },
    });
  });

  test.each([
    ERR_CODE.duplicateConflict,
    ERR_CODE.wrongLastSequenceConstant,
    ERR_CODE.batchIncomplete,
    ERR_CODE.batchTooManyInFlight,
  ])('given error %i then the same is sent again', (errCode) => {
    expect(refusalVerdict(refused(errCode), o)).toEqual({ kind: 'again' });
  });

  test('given a batch that was stored before then each message is asked for; given no stream then it is looked for', () => {
    expect(refusalVerdict(refused(ERR_CODE.batchDuplicate), o)).toEqual({ kind: 'ask_each' });
    expect(refusalVerdict({ kind: 'no_stream' }, o)).toEqual({ kind: 'check_stream' });
  });
});
