import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuckets, ensureStreams, newEpoch, Publisher, streamEpoch } from '../src/index.ts';
import type { Bus, Outgoing } from '../src/index.ts';
import { outgoing, silent, startBusFixture } from './bus-fixture.ts';
import type { BusFixture } from './bus-fixture.ts';

let fixture: BusFixture;
let ingester: Bus;
let uplink: Bus;
beforeAll(async () => {
  fixture = await startBusFixture();
  [ingester, uplink] = await Promise.all([fixture.connect('ingester'), fixture.connect('uplink-data')]);
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

const log = silent;
const config = async (stream: string) => (await (await ingester.manager()).streams.info(stream)).config;

const large = (n: number): Outgoing => ({
  ...outgoing(`kestrel.resources.core.Pod.full.${n}`, `full-${n}`),
  data: Buffer.alloc(40_000),
});

describe('streams', () => {
  test('given none when two ensure them at once then they are made once, and again is nothing', async () => {
    const second = await fixture.connect('ingester');
    await Promise.all(
      [ingester, second].map((bus) => ensureStreams(bus, ['KESTREL_RESOURCES', 'KESTREL_FLOWS'], { log })),
    );
    const before = await config('KESTREL_RESOURCES');
    await ensureStreams(ingester, ['KESTREL_RESOURCES', 'KESTREL_FLOWS'], { log });
    expect(await config('KESTREL_RESOURCES')).toEqual(before);
    expect(before).toMatchObject({ max_msgs_per_subject: 1, allow_atomic: true, allow_msg_ttl: true, discard: 'new' });
    expect(await config('KESTREL_FLOWS')).toMatchObject({ persist_mode: 'async' });
  });

  test('given overrides then limits and the life of tombstones change, the epoch stays', async () => {
    const { epoch } = await streamEpoch(uplink, 'KESTREL_RESOURCES');
    const overrides = { KESTREL_RESOURCES: { bytesMax: 50_000_000, tombstoneTtlMs: 5_000 } };
    await ensureStreams(ingester, ['KESTREL_RESOURCES'], { log, overrides });
    expect(await config('KESTREL_RESOURCES')).toMatchObject({ max_bytes: 50_000_000 });
    expect(await streamEpoch(uplink, 'KESTREL_RESOURCES')).toMatchObject({ epoch, tombstoneTtlMs: 5_000 });
  });

  test('given a stream that differs in what it is then it is refused and left alone', async () => {
    const manager = await ingester.manager();
    await manager.streams.add({ name: 'KESTREL_EVENTS', subjects: ['kestrel.events.>'], storage: 'memory' });
    await expect(ensureStreams(ingester, ['KESTREL_EVENTS'], { log })).rejects.toMatchObject({
      code: 'stream_conflict',
      retryable: false,
    });
    expect(await config('KESTREL_EVENTS')).toMatchObject({ storage: 'memory' });
    await fixture.deleteStream('DATA', 'KESTREL_EVENTS');
  });

  test('given a user without the right then it fails as a refusal would; given another account then it is a mistake', async () => {
    await expect(ensureStreams(uplink, ['KESTREL_EVENTS'], { log })).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(ensureStreams(uplink, ['KESTREL_COMMANDS'], { log })).rejects.toThrow('not in account DATA');
    await expect(ensureBuckets(uplink, ['kestrel_nonces'], { log })).rejects.toThrow('not in account DATA');
  });

  test('given a stream that is full then a new object is refused, and the state of the others stays', async () => {
    const own = await startBusFixture();
    await using _own = own;
    const bus = await own.connect('ingester');
    await ensureStreams(bus, ['KESTREL_RESOURCES'], { log, overrides: { KESTREL_RESOURCES: { bytesMax: 100_000 } } });
    await using publisher = new Publisher(bus, {
      stream: 'KESTREL_RESOURCES',
      log,
      inFlightMax: 10,
      ackTimeoutMs: 2_000,
    });
    await publisher.publish(large(1));
    await publisher.publish(large(2));
    await expect(publisher.publish(large(3))).rejects.toMatchObject({ code: 'stream_full', retryable: true });
    const { messages } = await streamEpoch(bus, 'KESTREL_RESOURCES');
    expect(messages).toBe(2);
  });
});

describe('epochs', () => {
  test('given a new epoch then everybody sees it, and a stream that was made anew has another', async () => {
    const first = await streamEpoch(ingester, 'KESTREL_RESOURCES');
    const second = await newEpoch(uplink, 'KESTREL_RESOURCES');
    expect(second.epoch).not.toBe(first.epoch);
    expect(await streamEpoch(ingester, 'KESTREL_RESOURCES')).toEqual(second);
    expect(second).toMatchObject({ created: first.created, tombstoneTtlMs: 5_000 });
    await fixture.deleteStream('DATA', 'KESTREL_RESOURCES');
    await expect(streamEpoch(uplink, 'KESTREL_RESOURCES')).rejects.toMatchObject({ code: 'stream_missing' });
    await ensureStreams(ingester, ['KESTREL_RESOURCES'], { log });
    const third = await streamEpoch(uplink, 'KESTREL_RESOURCES');
    expect(third.epoch).not.toBe(second.epoch);
    expect(third.lastSeq).toBe(0);
  });
});
