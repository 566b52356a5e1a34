import { eventually, startTcpProxy } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ensureStreams,
  eventHeaders,
  lastMessage,
  lastPerSubject,
  orderedReader,
  Publisher,
  streamEpoch,
} from '../src/index.ts';
import type { Bus, StoredMessage, StreamName } from '../src/index.ts';
import { collect, outgoing, silent, startBusFixture } from './bus-fixture.ts';
import type { BusFixture } from './bus-fixture.ts';

let fixture: BusFixture;
let writer: Bus;
let reader: Bus;

beforeAll(async () => {
  fixture = await startBusFixture();
  [writer, reader] = await Promise.all([fixture.connect('ingester'), fixture.connect('uplink-data')]);
  await ensureStreams(writer, ['KESTREL_RESOURCES', 'KESTREL_EVENTS'], { log: silent });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

const of = (namespace: string, n: number | string): string => `kestrel.resources.core.Pod.${namespace}.${n}`;
const text = (message: StoredMessage): string => Buffer.from(message.data).toString();

async function write(pod: string, count: number, round = 0): Promise<void> {
  await using publisher = new Publisher(writer, {
    stream: 'KESTREL_RESOURCES',
    log: silent,
    inFlightMax: 5_000,
    ackTimeoutMs: 2_000,
  });
  for (let at = 0; at < count; at += 500) {
    const batch = Array.from({ length: Math.min(500, count - at) }, (_, n) =>
      outgoing(of(pod, at + n), `${pod}-${round}-${at + n}`, `${round}:${at + n}`),
    );
    await publisher.publishBatch(batch);
  }
}

const follow = (pod: string, o: { signal: AbortSignal; bytesMax?: number; startSeq?: number }) =>
  orderedReader(reader, {
    stream: 'KESTREL_RESOURCES',
    startSeq: o.startSeq ?? 1,
    filter: `kestrel.resources.core.Pod.${pod}.*`,
    bytesMax: o.bytesMax ?? 100_000,
    signal: o.signal,
    log: silent,
  });

describe('last per subject', () => {
  test('given nothing that matches then it ends at once', async () => {
    expect(
      await collect(lastPerSubject(writer, 'KESTREL_RESOURCES', 'kestrel.resources.core.Nothing.*.*', { log: silent })),
    ).toEqual([]);
  });

  test('given subjects that were overwritten then each is read once, with its last state', async () => {
    await write('last', 2_000);
    await write('last', 700, 1);
    const messages = await collect(
      lastPerSubject(writer, 'KESTREL_RESOURCES', 'kestrel.resources.core.Pod.last.*', {
        log: silent,
        bytesMax: 50_000,
      }),
    );
    expect(messages).toHaveLength(2_000);
    const states = new Map(messages.map((message) => [message.subject, text(message)]));
    expect(states.size).toBe(2_000);
    expect(states.get(of('last', 699))).toBe('1:699');
    expect(states.get(of('last', 700))).toBe('0:700');
    expect(messages.map((message) => message.seq)).toEqual(
      messages.map((message) => message.seq).toSorted((a, b) => a - b),
    );
  });

  test('given headers only then the digest is there and the body is not', async () => {
    await using publisher = new Publisher(writer, {
      stream: 'KESTREL_RESOURCES',
      log: silent,
      inFlightMax: 10,
      ackTimeoutMs: 2_000,
    });
    const headers = eventHeaders({
      id: 'i',
      source: '/ingester/pod',
      type: 'ai.usekestrel.resource.observed.v1',
      time: new Date(0),
      digest: 'abc',
    });
    await publisher.publish({ ...outgoing(of('digest', 1), 'digest-1'), headers });
    const [message] = await collect(
      lastPerSubject(writer, 'KESTREL_RESOURCES', 'kestrel.resources.core.Pod.digest.*', {
        headersOnly: true,
        log: silent,
      }),
    );
    expect(message?.header('Kestrel-Digest')).toBe('abc');
    expect(message?.header('Kestrel-digest')).toBeUndefined();
    expect(message?.data).toHaveLength(0);
  });

  test('given writes while it reads then it still ends, and misses no subject', async () => {
    await write('churn', 3_000);
    const seen = new Set<string>();
    let churning: Promise<void> | undefined;
    for await (const message of lastPerSubject(writer, 'KESTREL_RESOURCES', 'kestrel.resources.core.Pod.churn.*', {
      log: silent,
      bytesMax: 20_000,
    })) {
      seen.add(message.subject);
      churning ??= write('churn', 3_000, 1);
    }
    await churning;
    expect(seen.size).toBe(3_000);
  });

  test('given the last message of a subject then it can be read alone', async () => {
    await write('alone', 1);
    const message = await lastMessage(writer, 'KESTREL_RESOURCES', of('alone', 0), 2_000);
    expect(Buffer.from(message?.data ?? []).toString()).toBe('0:0');
    expect(message?.header('Nats-Msg-Id')).toBe('alone-0-0');
    expect(await lastMessage(writer, 'KESTREL_RESOURCES', of('alone', 1), 2_000)).toBeUndefined();
  });
});

describe('the ordered reader', () => {
  test('given a header block then it comes as the very bytes that were written', async () => {
    const signal = AbortSignal.timeout(30_000);
    const block = 'NATS/1.0\r\nb:no space\r\na:  two\r\nB: again\r\nb: second\r\nNats-Msg-Id: raw-1\r\n\r\n';
    await fixture.publishRaw('DATA', of('raw', 1), block, '{"x":1}');
    const [message] = await collect(follow('raw', { signal }), 1);
    expect(Buffer.from(message?.headers ?? []).toString()).toBe(block);
    expect(message && text(message)).toBe('{"x":1}');
    expect(message?.header('a')).toBe('two');
    await fixture.publishRaw('DATA', of('raw', 2), '', 'bare');
    const [, bare] = await collect(follow('raw', { signal }), 2);
    expect(bare?.headers).toHaveLength(0);
    expect(bare && text(bare)).toBe('bare');
  });

  test('given a message larger than the window then it is fetched alone and all go on', async () => {
    await using publisher = new Publisher(writer, {
      stream: 'KESTREL_RESOURCES',
      log: silent,
      inFlightMax: 10,
      ackTimeoutMs: 5_000,
    });
    for (const [n, size] of [10, 300_000, 20, 20, 1_500_000, 30].entries()) {
      await publisher.publish({ ...outgoing(of('large', n), `large-${n}`), data: Buffer.alloc(size) });
    }
    const messages = await collect(follow('large', { signal: AbortSignal.timeout(30_000), bytesMax: 10_000 }), 6);
    expect(messages.map((message) => message.data.length)).toEqual([10, 300_000, 20, 20, 1_500_000, 30]);
    expect(messages.at(-1)?.pending).toBe(0);
  });

  test('given a window of any size, also one that is filled to the last byte, then reading never stalls', async () => {
    await write('exact', 60);
    for (let bytesMax = 200; bytesMax < 300; bytesMax += 1) {
      // A stall would last until the watchdog finds it; this signal ends the reading before.
      const signal = AbortSignal.timeout(10_000);
      const messages = await collect(follow('exact', { signal, bytesMax }), 60);
      expect({ bytesMax, read: messages.length }).toEqual({ bytesMax, read: 60 });
    }
  });

  test('given a reader that stops in between then what it holds stays below its window', async () => {
    await write('window', 5_000);
    const received = reader.nc.stats().inBytes;
    const source = follow('window', { signal: AbortSignal.timeout(30_000), bytesMax: 50_000 });
    await source.next();
    await reader.nc.flush();
    await reader.nc.flush();
    // The window, and what the statistics of the server's other answers add.
    expect(reader.nc.stats().inBytes - received).toBeLessThan(2 * 50_000);
    await source.return();
  });

  test('given a server that is killed and restarted while it reads and is written then nothing is missing, double or out of order', async () => {
    const stop = new AbortController();
    const seen: StoredMessage[] = [];
    const reading = (async () => {
      for await (const message of follow('restart', { signal: stop.signal, bytesMax: 5_000 })) seen.push(message);
    })();
    await write('restart', 3_000);
    await eventually(() => seen.length > 100);
    const later = (async () => {
      for (let round = 1; round <= 4; round += 1) await write(`restart`, 0, round);
      await using publisher = new Publisher(writer, {
        stream: 'KESTREL_RESOURCES',
        log: silent,
        inFlightMax: 100,
        ackTimeoutMs: 2_000,
      });
      await Promise.all(
        Array.from({ length: 2_000 }, (_, n) => publisher.publish(outgoing(of('restart', 3_000 + n), `late-${n}`))),
      );
    })();
    await fixture.nats.kill9();
    await fixture.nats.restart();
    await later;
    await eventually(() => seen.length >= 5_000);
    stop.abort();
    await reading;
    expect(seen).toHaveLength(5_000);
    const seqs = seen.map((message) => message.seq);
    expect(new Set(seqs).size).toBe(5_000);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  });

  test('given a connection that is cut again and again then it goes on where it stood', async () => {
    await write('cut', 4_000);
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: fixture.nats.port } });
    const far = await fixture.connect('uplink-data', { servers: [`nats://${proxy.host}:${proxy.port}`] });
    const seqs: number[] = [];
    const source = orderedReader(far, {
      stream: 'KESTREL_RESOURCES',
      startSeq: 1,
      filter: 'kestrel.resources.core.Pod.cut.*',
      bytesMax: 20_000,
      signal: AbortSignal.timeout(45_000),
      log: silent,
    });
    for await (const message of source) {
      seqs.push(message.seq);
      if (seqs.length % 1_000 === 500) proxy.cut();
      if (seqs.length === 4_000) break;
    }
    expect(seqs).toHaveLength(4_000);
    expect(new Set(seqs).size).toBe(4_000);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    await far[Symbol.asyncDispose]();
  });

  test('given a position beyond the end then the stream is not the one it was', async () => {
    const { lastSeq } = await streamEpoch(reader, 'KESTREL_RESOURCES');
    const ahead = follow('ahead', { signal: AbortSignal.timeout(30_000), startSeq: lastSeq + 2 });
    await expect(ahead.next()).rejects.toMatchObject({ code: 'stream_reset' });
    const stop = new AbortController();
    const atEnd = follow('ahead', { signal: stop.signal, startSeq: lastSeq + 1 });
    const waiting = atEnd.next();
    await write('ahead', 1);
    expect((await waiting).value).toMatchObject({ seq: lastSeq + 1 });
    stop.abort();
    expect(await atEnd.next()).toEqual({ value: undefined, done: true });
  });

  test('given a stream that is deleted, and one that is made anew, then the reader says so', async () => {
    const own = await startBusFixture();
    await using _own = own;
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: own.nats.port } });
    const w = await own.connect('ingester');
    const far = await own.connect('uplink-data', { servers: [`nats://${proxy.host}:${proxy.port}`] });
    await ensureStreams(w, ['KESTREL_EVENTS'], { log: silent });
    const signal = AbortSignal.timeout(30_000);
    const first = (stream: StreamName) =>
      orderedReader(far, { stream, startSeq: 1, bytesMax: 10_000, signal, log: silent }).next();
    await expect(first('KESTREL_FLOWS')).rejects.toMatchObject({ code: 'stream_missing' });

    const meanwhile = async (act: () => Promise<void>): Promise<void> => {
      await own.consumers('DATA', 'KESTREL_EVENTS', 1);
      await act();
    };
    const remove = () => own.deleteStream('DATA', 'KESTREL_EVENTS');
    const make = () => ensureStreams(w, ['KESTREL_EVENTS'], { log: silent });
    await Promise.all([
      expect(first('KESTREL_EVENTS')).rejects.toMatchObject({ code: 'stream_missing' }),
      meanwhile(remove),
    ]);
    await make();
    await Promise.all([
      expect(first('KESTREL_EVENTS')).rejects.toMatchObject({ code: 'stream_reset' }),
      meanwhile(async () => {
        // The reader must not look in between, when the stream is merely missing.
        proxy.stall();
        await remove();
        await make();
        proxy.resume();
      }),
    ]);
    await far[Symbol.asyncDispose]();
  });
});
