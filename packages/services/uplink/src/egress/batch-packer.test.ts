import { randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { Encoding } from '@kestrel/proto/cloud';
import { expect, test } from 'vitest';
import { BatchPacker } from './batch-packer.ts';

const both = [Encoding.IDENTITY, Encoding.ZSTD];
const text = Buffer.from('{"who":"talks","to":"whom"}'.repeat(400));

test('given text and a cloud that reads zstd, then it is packed and can be unpacked', () => {
  const packed = new BatchPacker(both).pack(text);
  expect(packed).toMatchObject({ encoding: Encoding.ZSTD, sizeBytes: text.length });
  expect(packed.payload.length).toBeLessThan(text.length / 10);
  expect(zstdDecompressSync(packed.payload).equals(text)).toBe(true);
});

test('given a cloud that does not, or little to pack, then it goes as it is', () => {
  expect(new BatchPacker([Encoding.IDENTITY]).pack(text).encoding).toBe(Encoding.IDENTITY);
  expect(new BatchPacker(both).pack(text.subarray(0, 1_000)).encoding).toBe(Encoding.IDENTITY);
});

test('given noise, then it goes as it is, and packing is tried again after a while', () => {
  const packer = new BatchPacker(both);
  expect(packer.pack(randomBytes(10_000)).encoding).toBe(Encoding.IDENTITY);
  const encodings = Array.from({ length: 17 }, () => packer.pack(text).encoding);
  expect(new Set(encodings.slice(0, 16))).toEqual(new Set([Encoding.IDENTITY]));
  expect(encodings.at(-1)).toBe(Encoding.ZSTD);
});
