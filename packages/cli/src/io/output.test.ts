import { Writable } from 'node:stream';
import { OperationalError } from '@kestrel/runtime';
import { describe, expect, test } from 'vitest';
import { Output } from './output.ts';

function failing(code: string): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(`write ${code}`), { code })),
  });
}

describe('Output', () => {
  test('given a reader then text arrives in order', async () => {
    const written: string[] = [];
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        written.push(String(chunk));
        done();
      },
    });
    using out = new Output(stream);
    await out.write('a');
    await out.write('b');
    expect(written).toEqual(['a', 'b']);
    expect(out.readerGone.aborted).toBe(false);
  });

  test('given a reader that went away when written to then it is no error, and told by the signal', async () => {
    using out = new Output(failing('EPIPE'));
    await out.write('a');
    expect(out.readerGone.aborted).toBe(true);
    await out.write('b');
  });

  test('given a full disk when written to then it fails', async () => {
    using out = new Output(failing('ENOSPC'));
    await expect(out.write('a')).rejects.toThrow(OperationalError);
    expect(out.readerGone.aborted).toBe(false);
  });
});
