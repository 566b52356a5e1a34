import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '@kestrel/proto/cloud';
import { EventAssembler } from './event-assembler.ts';

function event(seq: bigint, data: Uint8Array, part = 0, parts = 0): Event {
  return { seq, subject: `s.${seq}`, streamTimeNs: seq, headers: new Uint8Array(), data, part, parts };
}

describe('parts of events', () => {
  test('given events cut anywhere, when put together, then they are whole and in order', () => {
    const cut = fc.record({
      data: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      size: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 8 }), (events) => {
        const assembler = new EventAssembler({ sizeBytesMax: 1_000 });
        const whole = events.flatMap(({ data, size }, index) => {
          const seq = BigInt(index + 1);
          const pieces = Array.from({ length: Math.ceil(data.length / size) }, (_, n) =>
            data.slice(n * size, (n + 1) * size),
          );
          const sent =
            pieces.length === 1
              ? [event(seq, data)]
              : pieces.map((piece, n) => event(seq, piece, n + 1, pieces.length));
          return sent.flatMap((one) => {
            const assembly = assembler.add(one);
            return assembly.kind === 'whole' ? [[assembly.event.seq, [...assembly.event.data]]] : [];
          });
        });
        expect(whole).toEqual(events.map(({ data }, index) => [BigInt(index + 1), [...data]]));
      }),
    );
  });

  const piece = Buffer.from('x');
  test.each([
    ['a part is missing', [event(1n, piece, 1, 3), event(1n, piece, 3, 3)]],
    ['the first part is missing', [event(1n, piece, 2, 2)]],
    ['another event comes between', [event(1n, piece, 1, 2), event(2n, piece)]],
    ['another event begins between', [event(1n, piece, 1, 2), event(2n, piece, 1, 2)]],
    ['the number of parts changes', [event(1n, piece, 1, 3), event(1n, piece, 2, 2)]],
    ['a part has a number above the last', [event(1n, piece, 3, 2)]],
    ['they are larger than allowed', [event(1n, piece, 1, 2), event(1n, Buffer.alloc(20), 2, 2)]],
  ])('given that %s, then that is said', (_what, events) => {
    const assembler = new EventAssembler({ sizeBytesMax: 20 });
    expect(events.map((one) => assembler.add(one).kind).at(-1)).toBe('broken');
  });
});
