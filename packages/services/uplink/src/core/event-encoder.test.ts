import { EventList } from '@kestrel/proto/cloud';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodedBytes, encodeEventList } from './event-encoder.ts';

const event = fc.record({
  seq: fc.maxSafeNat(),
  subject: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
  time: fc.oneof(
    fc.date({ min: new Date('1990-01-01'), max: new Date('2262-04-01'), noInvalidDate: true }),
    fc.date({ min: new Date(0), max: new Date('1973-01-01'), noInvalidDate: true }),
  ),
  headers: fc.uint8Array({ maxLength: 300 }),
  data: fc.uint8Array({ minLength: 1, maxLength: 20_000 }),
});

test('given any events, then the generated code reads what was written and would write the same', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), fc.option(fc.nat(100_000), { nil: undefined }), (events, number) => {
      const part = number === undefined ? undefined : { part: number + 1, parts: number + 2 };
      const bytes = encodeEventList(events, part);
      const list = EventList.decode(bytes);
      expect(list.events).toEqual(
        events.map(({ seq, subject, time, headers, data }) => ({
          seq: BigInt(seq),
          subject,
          headers: Buffer.from(headers),
          data: Buffer.from(data),
          streamTimeNs: BigInt(time.getTime()) * 1_000_000n,
          part: part?.part ?? 0,
          parts: part?.parts ?? 0,
        })),
      );
      expect(bytes.length).toBe(events.reduce((sum, one) => sum + encodedBytes(one, part), 0));
    }),
  );
});
