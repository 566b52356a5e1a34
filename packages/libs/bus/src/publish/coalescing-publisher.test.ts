import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CoalescingPublisher } from './coalescing-publisher.ts';
import type { CoalescingOptions } from './coalescing-publisher.ts';
import type { Outgoing, StoredBatch } from './outgoing.ts';

const message = (subject: string, body: string): Outgoing => ({
  subject,
  msgId: `${subject}/${body}`,
  data: Buffer.from(body),
});
const text = (one: Outgoing): string => `${one.subject}=${Buffer.from(one.data).toString()}`;

/** A sink whose batches are stored, or refused, when the test says so. */
function manualSink() {
  const batches: { messages: readonly Outgoing[]; store(): void; refuse(error: Error): void }[] = [];
  let seq = 0;
  return {
    batches,
    publishBatch(messages: readonly Outgoing[]): Promise<StoredBatch> {
      const { promise, resolve, reject } = Promise.withResolvers<StoredBatch>();
      batches.push({
        messages,
        store: () => {
          seq += messages.length;
          resolve({ seq, count: messages.length });
        },
        refuse: reject,
      });
      return promise;
    },
  };
}

const never: CoalescingOptions = {
  // Batches leave when they are full or flushed, not by time.
  flushMs: 1_000_000,
  onFailed: (error) => {
    throw error;
  },
};
const tick = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe('a coalescing publisher', () => {
  test('given newer states while one is in flight then only the newest follows, after the acknowledgement', async () => {
    const sink = manualSink();
    const publisher = new CoalescingPublisher(sink, { ...never, batchMessagesMax: 1 });
    await publisher.put(message('a', '1'));
    await publisher.put(message('a', '2'));
    await publisher.put(message('a', '3'));
    expect(sink.batches.map(({ messages }) => messages.map(text))).toEqual([['a=1']]);
    sink.batches[0]?.store();
    await tick();
    expect(sink.batches.map(({ messages }) => messages.map(text))).toEqual([['a=1'], ['a=3']]);
    sink.batches[1]?.store();
    await publisher.flushed();
    expect(publisher.idle).toBe(true);
    await publisher[Symbol.asyncDispose]();
  });

  test('given more subjects than fit then batches stay within their bounds, in order', async () => {
    const sink = manualSink();
    const publisher = new CoalescingPublisher(sink, { ...never, batchMessagesMax: 3, batchBytesMax: 10 });
    for (const [subject, body] of Object.entries({
      a: '1',
      b: '22',
      c: '3',
      d: '4444444444444',
      e: '55555',
      f: '66666',
      g: '7',
    })) {
      await publisher.put(message(subject, body));
    }
    const done = publisher.flushed();
    for (let at = 0; at < sink.batches.length; at += 1) {
      sink.batches[at]?.store();
      await tick();
    }
    await done;
    expect(sink.batches.map(({ messages }) => messages.map((one) => one.subject).join(''))).toEqual([
      'abc',
      'd',
      'ef',
      'g',
    ]);
    await publisher[Symbol.asyncDispose]();
  });

  test('given as many subjects as may wait then the next put waits, a newer state of one of them does not', async () => {
    const sink = manualSink();
    const publisher = new CoalescingPublisher(sink, { ...never, batchMessagesMax: 2, subjectsMax: 2 });
    await publisher.put(message('a', '1'));
    await publisher.put(message('b', '1'));
    await publisher.put(message('c', '1'));
    await publisher.put(message('d', '1'));
    await publisher.put(message('d', '2'));
    let entered = false;
    const waiting = publisher.put(message('e', '1')).then(() => {
      entered = true;
    });
    await tick();
    expect(entered).toBe(false);
    sink.batches[0]?.store();
    await waiting;
    expect(sink.batches[1]?.messages.map(text)).toEqual(['c=1', 'd=2']);
    sink.batches[1]?.store();
    await tick();
    const done = publisher.flushed();
    await tick();
    sink.batches[2]?.store();
    await done;
    await publisher[Symbol.asyncDispose]();
  });

  test('given a refused batch then it is told once and nothing is published any more', async () => {
    const sink = manualSink();
    const failures: unknown[] = [];
    const publisher = new CoalescingPublisher(sink, {
      ...never,
      batchMessagesMax: 1,
      onFailed: (error) => failures.push(error),
    });
    await publisher.put(message('a', '1'));
    await publisher.put(message('b', '1'));
    const error = new Error('fence_lost');
    sink.batches[0]?.refuse(error);
    await tick();
    expect(failures).toEqual([error]);
    await expect(publisher.put(message('c', '1'))).rejects.toBe(error);
    await expect(publisher.flushed()).rejects.toBe(error);
    expect(sink.batches).toHaveLength(1);
    await publisher[Symbol.asyncDispose]();
  });

  test('given any writes and any pace of acknowledgements then each subject ends with its last state, and is never twice in flight', async () => {
    const write = fc.record({ subject: fc.constantFrom('a', 'b', 'c', 'd'), acknowledge: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (writes, batchMessagesMax) => {
          const sink = manualSink();
          const publisher = new CoalescingPublisher(sink, { ...never, batchMessagesMax });
          let stored = 0;
          const acknowledge = async (): Promise<void> => {
            expect(sink.batches.length - stored).toBeLessThanOrEqual(1);
            sink.batches[stored]?.store();
            stored = sink.batches.length;
            await Promise.resolve();
            await Promise.resolve();
          };
          const last = new Map<string, string>();
          for (const [n, { subject, acknowledge: now }] of writes.entries()) {
            last.set(subject, String(n));
            await publisher.put(message(subject, String(n)));
            if (now) await acknowledge();
          }
          const done = publisher.flushed();
          while (!publisher.idle) await acknowledge();
          await done;
          const final = new Map(
            sink.batches.flatMap(({ messages }) =>
              messages.map((one) => [one.subject, Buffer.from(one.data).toString()]),
            ),
          );
          expect(final).toEqual(last);
          await publisher[Symbol.asyncDispose]();
        },
      ),
    );
  });
});
