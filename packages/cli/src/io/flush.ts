import type { Writable } from 'node:stream';

/** Resolves once all that was written to the stream has left it, or can't any more. */
export async function flush(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    // A reader that goes away now has been told all it wanted; nobody is left to hear of the error.
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
