import type { StreamConfig } from '@nats-io/jetstream';
import { describe, expect, test } from 'vitest';
import { BUCKETS } from '../topology/buckets.ts';
import { STREAMS } from '../topology/streams.ts';
import { configDifference } from './config-difference.ts';
import { bucketConfig, streamConfig } from './stream-config.ts';
import type { DesiredConfig } from './stream-config.ts';

const empty = { bytes: 0, messages: 0 };
const unset = {
  max_consumers: -1,
  sealed: false,
  first_seq: 0,
  allow_msg_counter: false,
  persist_mode: '',
  discard_new_per_subject: false,
  mirror_direct: false,
};
const asStored = (want: DesiredConfig, over: Partial<StreamConfig> = {}): StreamConfig => ({
  ...unset,
  ...want,
  metadata: { ...want.metadata, '_nats.ver': '2.15.2', 'kestrel.epoch': 'e' },
  ...over,
});

const resources = streamConfig(STREAMS.KESTREL_RESOURCES);

describe('differences of streams', () => {
  test.each([
    ...Object.values(STREAMS).map((spec) => streamConfig(spec)),
    ...Object.values(BUCKETS).map((spec) => bucketConfig(spec)),
  ])('given $name as it was made then there is nothing to do', (want) => {
    expect(configDifference(asStored(want), want, empty)).toEqual({ update: {}, metadata: {}, refused: [] });
  });

  test('given other limits and another tombstone life then just these are changed', () => {
    const want = streamConfig(STREAMS.KESTREL_RESOURCES, { bytesMax: 2 ** 31, tombstoneTtlMs: 5_000, replicas: 3 });
    expect(configDifference(asStored(resources), want, empty)).toEqual({
      update: { max_bytes: 2 ** 31, num_replicas: 3 },
      metadata: { 'kestrel.tombstone_ttl_ms': '5000' },
      refused: [],
    });
  });

  test.each<[string, Partial<StreamConfig>, string]>([
    ['another retention', { retention: 'workqueue' }, 'retention is workqueue, not limits'],
    ['memory', { storage: 'memory' }, 'storage is memory'],
    ['more messages per subject', { max_msgs_per_subject: 5 }, 'max_msgs_per_subject is 5'],
    ['dropping the oldest', { discard: 'old' }, 'discard is old'],
    ['other subjects', { subjects: ['kestrel.resources.>', 'other'] }, 'it takes'],
    ['a mirror', { mirror: { name: 'X' } }, 'mirror'],
    ['sources', { sources: [{ name: 'X' }] }, 'sources'],
    ['republishing', { republish: { src: '>', dest: 'x.>' } }, 'republishes'],
    ['being sealed', { sealed: true }, 'sealed'],
    ['acknowledging before the disk', { persist_mode: 'async' }, 'before the disk'],
  ])('given %s then a person has to decide', (_, over, reason) => {
    expect(configDifference(asStored(resources, over), resources, empty).refused.join()).toContain(reason);
  });

  test('given a limit below what a stream holds that refuses new messages then a person has to decide', () => {
    const want = streamConfig(STREAMS.KESTREL_RESOURCES, { bytesMax: 100 });
    expect(configDifference(asStored(resources), want, { bytes: 100, messages: 1 }).refused).toEqual([]);
    expect(configDifference(asStored(resources), want, { bytes: 101, messages: 1 }).refused).toHaveLength(1);
  });

  test('given what the server never takes back then it is left alone', () => {
    const have = asStored(resources, { deny_delete: true, deny_purge: true });
    expect(configDifference(have, resources, empty).update).toEqual({});
    expect(configDifference(asStored(resources, { allow_msg_ttl: false }), resources, empty).update).toEqual({
      allow_msg_ttl: true,
    });
  });

  test('given a cluster then flows are acknowledged after they are stored', () => {
    expect(streamConfig(STREAMS.KESTREL_FLOWS).persist_mode).toBe('async');
    expect(streamConfig(STREAMS.KESTREL_FLOWS, { replicas: 3 }).persist_mode).toBeUndefined();
  });
});
