import { createMetrics } from '@kestrel/runtime';
import { eventually } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ensureStreams,
  Fence,
  lastMessage,
  lastPerSubject,
  orderedReader,
  Publisher,
  ttlHeader,
} from '../src/index.ts';
import type { Bus, Outgoing, ResetReason } from '../src/index.ts';
import { collect, outgoing, silent, startBusFixture } from './bus-fixture.ts';
import type { BusFixture } from './bus-fixture.ts';

let fixture: BusFixture;
let bus: Bus;

beforeAll(async () => {
  fixture = await startBusFixture();
  bus = await fixture.connect('ingester');
  await ensureStreams(bus, ['KESTREL_RESOURCES', 'KESTREL_EVENTS'], { log: silent });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

const options = { stream: 'KESTREL_RESOURCES', log: silent, inFlightMax: 5_000, ackTimeoutMs: 2_000 } as const;
const of = (namespace: string, n: number | string): string => `kestrel.resources.core.Pod.${namespace}.${n}`;

async function stored(namespace: string): Promise<string[]> {
  const messages = await collect(
    lastPerSubject(bus, 'KESTREL_RESOURCES', `kestrel.resources.core.Pod.${namespace}.*`, { log: silent }),
  );
  return messages.map((message) => Buffer.from(message.data).toString());
}

describe('publishing', () => {
  test('given a message when it is published twice under one id then it is stored once', async () => {
    await using publisher = new Publisher(bus, options);
    const first = await publisher.publish(outgoing(of('twice', 1), 'twice-1'));
    const second = await publisher.publish(outgoing(of('twice', 1), 'twice-1'));
    expect(first.duplicate).toBe(false);
    expect(second).toEqual({ seq: first.seq, duplicate: true });
  });

  test('given a batch when it is published then all of it is stored and the last sequence is told', async () => {
    await using publisher = new Publisher(bus, options);
    const batch = Array.from({ length: 1_000 }, (_, n) => outgoing(of('batch', n), `batch-${n}`));
    const first = await publisher.publishBatch(batch);
    expect(first.count).toBe(1_000);
    expect(await stored('batch')).toHaveLength(1_000);
    const again = await publisher.publishBatch(batch);
    expect(again).toEqual(first);
  });

  test('given a message that is too large then it is refused before it is sent', async () => {
    await using publisher = new Publisher(bus, options);
    const data = Buffer.alloc(2_200_000);
    await expect(publisher.publish({ ...outgoing(of('large', 1), 'large-1'), data })).rejects.toMatchObject({
      code: 'too_large',
      retryable: false,
    });
    const fits = await publisher.publish({ ...outgoing(of('large', 2), 'large-2'), data: data.subarray(0, 2_000_000) });
    expect(fits.seq).toBeGreaterThan(0);
  });

  test('given a tombstone with a short life then it goes by itself, and leaves nothing', async () => {
    await using publisher = new Publisher(bus, options);
    await publisher.publish({ ...outgoing(of('tombstone', 1), 'tombstone-1'), headers: ttlHeader(1_000) });
    await publisher.publish(outgoing(of('tombstone', 2), 'tombstone-2'));
    await eventually(async () => (await stored('tombstone')).join() === 'tombstone-2');
    expect(await lastMessage(bus, 'KESTREL_RESOURCES', of('tombstone', 1), 2_000)).toBeUndefined();
  });

  test('given a header that cannot be one then whoever published is told, and others go on', async () => {
    await using publisher = new Publisher(bus, options);
    const bad = { ...outgoing(of('header', 1), 'header-1'), headers: { 'a:b': 'x' } };
    const broken = { ...outgoing(of('header', 2), 'header-2'), headers: { a: 'x\r\ny' } };
    await expect(publisher.publish(bad)).rejects.toThrow(TypeError);
    await expect(publisher.publishBatch([outgoing(of('header', 3), 'header-3'), broken])).rejects.toThrow(TypeError);
    expect(publisher.inFlight).toBe(0);
    await publisher.publish(outgoing(of('header', 4), 'header-4'));
    expect(await stored('header')).toEqual(['header-4']);
  });

  test('given a publisher that is disposed then what was under way is settled, and nothing more is taken', async () => {
    const publisher = new Publisher(bus, options);
    const under = Promise.all(
      Array.from({ length: 500 }, (_, n) => publisher.publish(outgoing(of('end', n), `end-${n}`))),
    );
    await publisher[Symbol.asyncDispose]();
    expect(await under).toHaveLength(500);
    await expect(publisher.publish(outgoing(of('end', 'late'), 'end-late'))).rejects.toMatchObject({ code: 'closed' });
  });

  test('given a subject of another service then the publish fails as not allowed', async () => {
    await using publisher = new Publisher(bus, { ...options, stream: 'KESTREL_EVENTS' });
    await expect(publisher.publish(outgoing('kestrel.events.uplink.x', 'foreign'))).rejects.toMatchObject({
      code: 'not_allowed',
    });
    await publisher.publish(outgoing('kestrel.events.ingester.x', 'own'));
  });

  test('given more messages than slots then no more than the slots are in flight', async () => {
    await using publisher = new Publisher(bus, { ...options, inFlightMax: 7 });
    let most = 0;
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        await publisher.publish(outgoing(of('slots', n), `slots-${n}`));
        most = Math.max(most, publisher.inFlight);
      }),
    );
    expect(most).toBeLessThanOrEqual(7);
    expect(await stored('slots')).toHaveLength(200);
  });

  test('given metrics then acknowledgements and errors are counted', async () => {
    const metrics = createMetrics({ service: 'bus-test' });
    await using publisher = new Publisher(bus, { ...options, metrics });
    await using other = new Publisher(bus, { ...options, stream: 'KESTREL_EVENTS', metrics });
    await publisher.publish(outgoing(of('metrics', 1), 'metrics-1'));
    await expect(other.publish(outgoing('kestrel.events.uplink.x', 'm'))).rejects.toMatchObject({
      code: 'not_allowed',
    });
    const text = await metrics.metrics();
    expect(text).toMatch(/kestrel_bus_published_total\{.*stream="KESTREL_RESOURCES".*\} 1/);
    expect(text).toMatch(/kestrel_bus_publish_errors_total\{.*code="not_allowed".*\} 1/);
  });
});

describe('fences', () => {
  test('given a newer fence when the older holder publishes then it is refused, alone and in a batch', async () => {
    const old = await Fence.take(bus, 'a', { holder: 'old', term: 1 });
    await using before = new Publisher(bus, { ...options, fence: old });
    await before.publish(outgoing(of('fence', 1), 'fence-1'));
    await before.publishBatch([outgoing(of('fence', 2), 'fence-2'), outgoing(of('fence', 3), 'fence-3')]);
    const young = await Fence.take(bus, 'a', { holder: 'young', term: 2 });
    await expect(before.publish(outgoing(of('fence', 4), 'fence-4'))).rejects.toMatchObject({
      code: 'fence_lost',
      retryable: false,
    });
    await expect(
      before.publishBatch([outgoing(of('fence', 5), 'fence-5'), outgoing(of('fence', 6), 'fence-6')]),
    ).rejects.toMatchObject({ code: 'fence_lost' });
    await using after = new Publisher(bus, { ...options, fence: young });
    await after.publishBatch([outgoing(of('fence', 7), 'fence-7'), outgoing(of('fence', 8), 'fence-8')]);
    expect(await stored('fence')).toEqual(['fence-1', 'fence-2', 'fence-3', 'fence-7', 'fence-8']);
  });
});

describe('faults', () => {
  test.each(['singles', 'batches'] as const)(
    'given %s in flight when the server is killed and restarted then each is stored once, in order',
    async (kind) => {
      await using publisher = new Publisher(bus, options);
      const pod = `kill-${kind}`;
      const messages = Array.from({ length: 6_000 }, (_, n) => outgoing(of(pod, n), `${pod}-${n}`, String(n)));
      const settled: Promise<unknown>[] = [];
      let done = 0;
      const count = () => {
        done += 1;
      };
      if (kind === 'singles') for (const message of messages) settled.push(publisher.publish(message).then(count));
      else
        for (let at = 0; at < messages.length; at += 100)
          settled.push(publisher.publishBatch(messages.slice(at, at + 100)).then(count));
      await eventually(() => done > 5, { intervalMs: 1 });
      expect(done).toBeLessThan(settled.length);
      await fixture.nats.kill9();
      await fixture.nats.restart();
      await Promise.all(settled);
      const all = await collect(
        orderedReader(bus, {
          stream: 'KESTREL_RESOURCES',
          startSeq: 1,
          filter: `kestrel.resources.core.Pod.${pod}.*`,
          bytesMax: 1_000_000,
          signal: AbortSignal.timeout(30_000),
          log: silent,
        }),
        6_000,
      );
      expect(all.map((message) => Number(Buffer.from(message.data).toString()))).toEqual(
        Array.from({ length: 6_000 }, (_, n) => n),
      );
      // The stream keeps one message a subject: had one been stored twice, sequences would be missing.
      const seqs = all.map((message) => message.seq);
      expect(seqs.at(-1)).toBe((seqs[0] ?? 0) + 5_999);
    },
  );

  test('given the stream is deleted then a publish fails as stream_missing, the reset is told, and it works once it is back', async () => {
    const own = await startBusFixture();
    await using _own = own;
    const writer = await own.connect('ingester');
    await ensureStreams(writer, ['KESTREL_RESOURCES'], { log: silent });
    await using publisher = new Publisher(writer, { ...options, streamCheckMs: 100 });
    const resets: ResetReason[] = [];
    publisher.onReset((reason) => resets.push(reason));
    const batch: Outgoing[] = Array.from({ length: 10 }, (_, n) => outgoing(of('gone', n), `gone-${n}`));
    await publisher.publishBatch(batch);
    await own.nats.stop();
    const { rm } = await import('node:fs/promises');
    await rm(own.nats.storeDir, { recursive: true });
    await own.nats.start();
    await eventually(() => writer.connected);
    await expect(publisher.publish(outgoing(of('gone', 11), 'gone-11'))).rejects.toMatchObject({
      code: 'stream_missing',
      retryable: true,
    });
    expect(resets).toContain('stream_missing');
    expect(resets).toContain('server_changed');
    await ensureStreams(writer, ['KESTREL_RESOURCES'], { log: silent });
    expect(await publisher.publish(outgoing(of('gone', 12), 'gone-12'))).toMatchObject({ seq: 1 });
    await eventually(() => resets.includes('sequence_fell') || resets.includes('stream_recreated'));
  });
});
