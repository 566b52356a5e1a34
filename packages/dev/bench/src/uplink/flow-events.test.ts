import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventData, LARGE_EVENT_BYTES, SMALL_EVENT_BYTES } from './flow-events.ts';

describe('eventData', () => {
  test('given any event, then it is JSON of exactly its size', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), (i) => {
        for (const [size, bytes] of [
          ['small', SMALL_EVENT_BYTES],
          ['large', LARGE_EVENT_BYTES],
        ] as const) {
          const text = eventData(size, i);
          expect(Buffer.byteLength(text)).toBe(bytes);
          expect(() => JSON.parse(text)).not.toThrow();
        }
      }),
    );
  });

  test('given large events, then compression saves little; given small ones, then it saves much', () => {
    expect(compressedShare(Array.from({ length: 10 }, (_, i) => eventData('large', i)))).toBeGreaterThan(0.7);
    expect(compressedShare(Array.from({ length: 200 }, (_, i) => eventData('small', i)))).toBeLessThan(0.3);
  });
});

function compressedShare(texts: readonly string[]): number {
  const text = texts.join('');
  return zstdCompressSync(text).length / text.length;
}
