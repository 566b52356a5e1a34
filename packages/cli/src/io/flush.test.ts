import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { flush } from './flush.ts';

test('given a slow reader when flushed then it waits until all is taken', async () => {
  const taken: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      setImmediate(() => {
        taken.push(String(chunk));
        done();
      });
    },
  });
  stream.write('a');
  stream.write('b');
  await flush(stream);
  expect(taken.join('')).toBe('ab');
});

test('given a reader that goes away, or is gone, when flushed then it is no error', async () => {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => {
      setImmediate(() => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
    },
  });
  stream.write('a');
  await flush(stream);
  expect(stream.destroyed).toBe(true);
  await flush(stream);
});
