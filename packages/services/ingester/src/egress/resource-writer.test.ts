import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BatchSink, EventIds, type Outgoing } from '@kestrel/bus';
import { LossReason } from '@kestrel/proto/events';
import { createLogger, createMetrics, OperationalError, systemClock } from '@kestrel/runtime';
import { eventually } from '@kestrel/testkit';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../core/json.ts';
import { DEFAULT_SHRINK_RULE } from '../core/mass-shrink.ts';
import { Mirror } from '../core/mirror/mirror.ts';
import { annotationFilter } from '../core/normalize/annotation-filter.ts';
import { createIngesterEvents } from '../events.ts';
import type { Kind } from '../kinds/kind.ts';
import { kindTable } from '../kinds/kind-table.ts';
import { ResourceMessages } from './resource-messages.ts';
import { ResourceWriter, whileHeld } from './resource-writer.ts';
import { StreamState } from './stream-state.ts';

const kinds = kindTable({ istioRootNamespace: 'istio-system' }).filter((kind) =>
  ['ServiceAccount', 'Service', 'CiliumNetworkPolicy'].includes(kind.id),
);
const account = kindOf('ServiceAccount');

function kindOf(id: string): Kind {
  const kind = kinds.find((one) => one.id === id);
  if (kind === undefined) throw new Error(`no kind ${id}`);
  return kind;
}

function object(name: string, labels: Record<string, string> = {}): JsonObject {
  return { metadata: { name, namespace: 'n', uid: `uid-${name}`, labels } };
}

const subjectOf = (name: string) => `kestrel.resources.core.ServiceAccount.n.${name}`;
const silent = createLogger({ service: 'test', level: 'silent' });

/** Stores batches when the test says so. */
class HeldSink implements BatchSink {
  readonly batches: (readonly Outgoing[])[] = [];
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;
  #seq = 0;

  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    this.#open = resolve;
  }

  release(): void {
    this.#open();
  }

  async publishBatch(messages: readonly Outgoing[]) {
    this.batches.push(messages);
    await this.#gate;
    this.#seq += messages.length;
    return { seq: this.#seq, count: messages.length };
  }

  get subjects(): string[] {
    return this.batches.flat().map((message) => `${message.subject} ${message.headers?.['ce-type']?.split('.')[3]}`);
  }
}

interface World extends AsyncDisposable {
  readonly mirror: Mirror;
  readonly stream: StreamState;
  readonly sink: HeldSink;
  readonly writer: ResourceWriter;
  readonly wanted: string[];
  /** Lists these accounts. */
  list(...objects: JsonObject[]): Promise<boolean>;
  /** Runs the writer until all it knows is stored. */
  settle(): Promise<void>;
}

function newWorld(o: { sink?: HeldSink; wrap?: (sink: BatchSink) => BatchSink } = {}): World {
  const mirror = new Mirror({
    kinds,
    annotations: annotationFilter([]),
    selectedWorkloadsMax: 10,
    joinDelayMs: 0,
    shrinkRule: DEFAULT_SHRINK_RULE,
    clock: systemClock,
    onFailure: (error) => {
      throw error;
    },
  });
  const stream = new StreamState();
  const sink = o.sink ?? new HeldSink();
  const wanted: string[] = [];
  const writer = new ResourceWriter({
    mirror,
    stream,
    messages: new ResourceMessages({
      ids: new EventIds('i', 'b'),
      source: '/t',
      tombstoneTtlMs: 5_000,
      clock: systemClock,
    }),
    sink: o.wrap?.(sink) ?? sink,
    flushIntervalMs: 1,
    batchMessagesMax: 100,
    clock: systemClock,
    events: createIngesterEvents(silent, createMetrics({ service: 'test' })),
    onListWanted: (kind) => void wanted.push(kind.id),
  });
  return {
    mirror,
    stream,
    sink,
    writer,
    wanted,
    list: async (...objects) => {
      mirror.syncStarted(account);
      for (const one of objects) mirror.upsert(account, 'v1', one);
      return mirror.syncFinished(account);
    },
    settle: () => writer.run(AbortSignal.abort()),
    [Symbol.asyncDispose]: () => mirror[Symbol.asyncDispose](),
  };
}

describe('given a writer that takes over', () => {
  test('when the stream has some records already, then only what differs is published', async () => {
    await using world = newWorld();
    await world.list(object('same'), object('other'), object('new'));
    const same = world.mirror.kind(account).entries.get(subjectOf('same'));
    world.stream.set(account, subjectOf('same'), same?.digest ?? '');
    world.stream.set(account, subjectOf('other'), 'an older digest');
    await world.settle();
    expect(world.sink.subjects).toEqual([`${subjectOf('other')} observed`, `${subjectOf('new')} observed`]);
    expect(world.writer.progress).toMatchObject({ published: 2, unchanged: 1, tombstones: 0, waiting: 0 });
  });

  test('when the stream has objects that are gone, then they get tombstones that expire', async () => {
    await using world = newWorld();
    await world.list();
    world.stream.set(account, subjectOf('gone'), 'd');
    await world.settle();
    expect(world.sink.subjects).toEqual([`${subjectOf('gone')} deleted`]);
    expect(world.sink.batches[0]?.[0]?.headers).toMatchObject({ 'Nats-TTL': '5s' });
  });

  test('when an object in the stream cannot be normalized any more, then its record stays', async () => {
    await using world = newWorld();
    await world.list({ metadata: { name: 'odd', namespace: 'n' } });
    world.stream.set(account, subjectOf('odd'), 'd');
    await world.settle();
    expect(world.sink.subjects).toEqual([]);
  });

  test('when the kind is being listed again, and yet again, then what the list before could not read stays', async () => {
    await using world = newWorld();
    await world.list({ metadata: { name: 'odd', namespace: 'n' } });
    world.mirror.syncStarted(account); // is broken off
    world.mirror.syncStarted(account);
    world.stream.set(account, subjectOf('odd'), 'd');
    world.stream.set(account, subjectOf('gone'), 'd');
    await world.settle();
    expect(world.sink.subjects).toEqual([`${subjectOf('gone')} deleted`]);
  });

  test('when a list showed an object that nobody can name, then none in the stream counts as gone', async () => {
    await using world = newWorld();
    world.mirror.syncStarted(account);
    world.mirror.unreadable(account, undefined, { reason: LossReason.UNDECODABLE, detail: 'not JSON' });
    await world.mirror.syncFinished(account);
    world.mirror.syncStarted(account); // the next ones are not complete
    world.mirror.syncStarted(account);
    world.stream.set(account, subjectOf('maybe'), 'd');
    await world.settle();
    expect(world.sink.subjects).toEqual([]);
  });

  test('when a kind cannot be read, then its objects in the stream stay', async () => {
    await using world = newWorld();
    world.mirror.unavailable(account, 'forbidden');
    world.stream.set(account, subjectOf('unknown'), 'd');
    await world.settle();
    expect(world.sink.subjects).toEqual([]);
  });

  test('when a kind is not served, or not ingested any more, then its objects are gone, however many', async () => {
    await using world = newWorld();
    const policy = kindOf('CiliumNetworkPolicy');
    await world.mirror.notServed(policy);
    for (let at = 0; at < 60; at += 1) {
      world.stream.set(policy, `kestrel.resources.cilium_io.CiliumNetworkPolicy.n.p${at}`, 'd');
    }
    world.stream.set({ group: 'old.example', kind: 'Thing' }, 'kestrel.resources.old_example.Thing._.t', 'd');
    await world.settle();
    expect(world.writer.progress.tombstones).toBe(61);
    expect(
      world.sink.batches.flat().every((message) => Buffer.from(message.data).toString().includes('REASON_KIND_GONE')),
    ).toBe(true);
  });

  test('when many objects of a kind are missing, then they stay until a second list misses them too', async () => {
    await using world = newWorld();
    await world.list();
    for (let at = 0; at < 60; at += 1) world.stream.set(account, subjectOf(`a${at}`), 'd');
    const stop = new AbortController();
    const running = world.writer.run(stop.signal);
    await eventually(() => world.wanted.length > 0);
    expect(world.wanted).toEqual(['ServiceAccount']);
    expect(world.sink.subjects).toEqual([]);
    await world.list(object('a0'));
    stop.abort();
    await running;
    expect(world.writer.progress).toMatchObject({ tombstones: 59, published: 60 });
  });
});

/** 60 accounts in the stream. */
function worldOfSixty(): World {
  const world = newWorld();
  for (let at = 0; at < 60; at += 1) world.stream.set(account, subjectOf(`a${at}`), 'd');
  return world;
}

describe('given a list that misses many objects', () => {
  test('when it is judged twice, as it settles and as the writer starts, then it does not confirm itself', async () => {
    await using world = worldOfSixty();
    const stop = new AbortController();
    await world.list();
    const running = world.writer.run(stop.signal);
    world.writer.settled(account);
    stop.abort();
    await running;
    expect(world.sink.subjects).toEqual([]);
    expect(world.wanted).toEqual(['ServiceAccount']);
  });

  test('when the kind is unreadable for a while, or listed in part, then neither confirms it; a list does', async () => {
    await using world = worldOfSixty();
    const stop = new AbortController();
    await world.list();
    const running = world.writer.run(stop.signal);
    await eventually(() => world.wanted.length > 0);
    world.mirror.syncStarted(account);
    world.writer.settled(account);
    await nextTurn();
    world.mirror.unavailable(account, 'forbidden');
    await nextTurn();
    world.mirror.syncStarted(account);
    expect(world.sink.subjects).toEqual([]);
    await world.mirror.syncFinished(account);
    stop.abort();
    await running;
    expect(world.writer.progress.tombstones).toBe(60);
  });
});

test('given 100,000 objects that an earlier writer left, when they get tombstones, then others have their turn', async () => {
  const sink = new HeldSink();
  await using world = newWorld({ sink });
  sink.hold();
  for (let at = 0; at < 100_000; at += 1) {
    const key = { group: 'old.example', kind: 'Thing' };
    world.stream.set(key, `kestrel.resources.old_example.Thing._.t${at}`, 'd');
  }
  const running = world.writer.run(AbortSignal.abort());
  const waiting = new Promise<number>((resolve) => {
    setImmediate(() => resolve(world.writer.progress.waiting));
  });
  expect(await waiting).toBeLessThan(50_000);
  world.writer.fail(new OperationalError('stream_reset', 'another stream'));
  await expect(running).rejects.toMatchObject({ code: 'stream_reset' });
});

describe('given a writer that follows', () => {
  test('when an object changes several times while a batch is on its way, then only its newest state is sent behind it', async () => {
    const sink = new HeldSink();
    await using world = newWorld({ sink });
    await world.list(object('a'));
    sink.hold();
    const stop = new AbortController();
    const running = world.writer.run(stop.signal);
    await eventually(() => sink.batches.length === 1);
    for (const version of ['1', '2', '3']) world.mirror.upsert(account, 'v1', object('a', { version }));
    await eventually(() => world.writer.progress.waiting > 1);
    expect(sink.batches).toHaveLength(1);
    sink.release();
    stop.abort();
    await running;
    const bodies = sink.batches.flat().map((message) => JSON.parse(Buffer.from(message.data).toString()).labels);
    expect(bodies).toEqual([undefined, { version: '3' }]);
  });

  test('when an object goes back to what it was, then that is published again', async () => {
    await using world = newWorld();
    await world.list(object('a'));
    const stop = new AbortController();
    const running = world.writer.run(stop.signal);
    await eventually(() => world.writer.progress.published === 1);
    world.mirror.upsert(account, 'v1', object('a', { b: '' }));
    await eventually(() => world.writer.progress.published === 2);
    world.mirror.upsert(account, 'v1', object('a'));
    await eventually(() => world.writer.progress.published === 3);
    const ids = world.sink.batches.flat().map((message) => message.msgId);
    expect(new Set(ids).size).toBe(3);
    stop.abort();
    await running;
  });

  test('when an object that it wrote is deleted, then it gets one tombstone', async () => {
    await using world = newWorld();
    await world.list(object('a'));
    const stop = new AbortController();
    const running = world.writer.run(stop.signal);
    await eventually(() => world.writer.progress.published === 1);
    world.mirror.deleted(account, { namespace: 'n', name: 'a', uid: 'uid-a' });
    await eventually(() => world.writer.progress.tombstones === 1);
    await world.list();
    stop.abort();
    await running;
    expect(world.sink.subjects).toEqual([`${subjectOf('a')} observed`, `${subjectOf('a')} deleted`]);
  });

  test('when an object comes and goes before it was written, then nothing is', async () => {
    await using world = newWorld();
    await world.list();
    const stop = new AbortController();
    const running = world.writer.run(stop.signal);
    world.mirror.upsert(account, 'v1', object('short'));
    world.mirror.deleted(account, { namespace: 'n', name: 'short', uid: 'uid-short' });
    stop.abort();
    await running;
    expect(world.sink.subjects).toEqual([]);
  });

  test('when the lease is over, then it ends with that and writes nothing more', async () => {
    let held = true;
    await using world = newWorld({ wrap: (sink) => whileHeld({ stillHeld: () => held }, sink) });
    await world.list();
    const running = world.writer.run(new AbortController().signal);
    held = false;
    world.mirror.upsert(account, 'v1', object('late'));
    await expect(running).rejects.toMatchObject({ code: 'lease_lost' });
    expect(world.sink.subjects).toEqual([]);
  });

  test('when it is told to fail, then it ends with that error at once', async () => {
    await using world = newWorld();
    await world.list();
    const running = world.writer.run(new AbortController().signal);
    world.writer.fail(new OperationalError('stream_reset', 'another stream'));
    await expect(running).rejects.toMatchObject({ code: 'stream_reset' });
  });
});
