import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Encoding, EventList, type Batch } from '@kestrel/proto/cloud';
import { pod } from '../../test/support/events.ts';
import { unpackBatch } from './unpack-batch.ts';

const events = [pod(1, 'cart'), pod(2, 'web')];
const bytes = EventList.encode({ events }).finish();
const limit = 1_000_000;
const base = { stream: 's', epoch: 'e', snapshotId: '', encoding: Encoding.IDENTITY };
const batch = (over: Partial<Batch>): Batch => ({ ...base, sizeBytes: bytes.byteLength, payload: bytes, ...over });

describe('a batch', () => {
  test.each([
    ['as it is', batch({})],
    ['by zstd', batch({ encoding: Encoding.ZSTD, payload: zstdCompressSync(bytes) })],
  ])('given events packed %s, then they come out', (_how, packed) => {
    const unpacked = unpackBatch(packed, limit);
    expect(unpacked).toMatchObject({ kind: 'events' });
    expect(unpacked.kind === 'events' && unpacked.events.map(({ subject }) => subject)).toEqual(
      events.map(({ subject }) => subject),
    );
  });

  test('given a stated size over the limit, then it is not even looked at', () => {
    expect(unpackBatch(batch({ sizeBytes: limit + 1 }), limit).kind).toBe('batch_too_large');
  });

  test('given a small stated size and a payload that inflates to more, then it is not inflated', () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024));
    expect(unpackBatch(batch({ encoding: Encoding.ZSTD, payload: bomb, sizeBytes: 100 }), limit)).toMatchObject({
      kind: 'batch_undecodable',
      detail: expect.stringContaining('larger than 101 bytes'),
    });
  });

  test.each([
    ['another size than stated', batch({ sizeBytes: bytes.byteLength - 1 })],
    ['no zstd', batch({ encoding: Encoding.ZSTD })],
    ['no encoding', batch({ encoding: Encoding.UNSPECIFIED })],
    ['no event list', batch({ payload: Buffer.from([0xff, 0xff]), sizeBytes: 2 })],
  ])('given %s, then it is undecodable', (_what, packed) => {
    expect(unpackBatch(packed, limit).kind).toBe('batch_undecodable');
  });
});
