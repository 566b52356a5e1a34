import type { Writable } from 'node:stream';
import { OperationalError } from '@kestrel/runtime';

/**
 * An output whose reader may go away: `kestrelctl events tail | head -1` is no error. Writes are awaited, so that a
 * slow reader slows the command down rather than fill its memory.
 */
export class Output implements Disposable {
  readonly #stream: Writable;
  readonly #readerGone = new AbortController();
  // Without a listener the stream's error would end the process; each write reports its own.
  readonly #onError = (): void => undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', this.#onError);
  }

  /** Aborted once nobody reads any more. */
  get readerGone(): AbortSignal {
    return this.#readerGone.signal;
  }

  /** Resolves when the text is written, or dropped because nobody reads. @throws OperationalError `output_failed` */
  async write(text: string): Promise<void> {
    if (this.#readerGone.signal.aborted || text === '') return;
    const error = await new Promise<Error | null | undefined>((resolve) => {
      this.#stream.write(text, resolve);
    });
    if (!error) return;
    if ('code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')) {
      this.#readerGone.abort();
      return;
    }
    throw new OperationalError('output_failed', `the output cannot be written: ${error.message}`, {
      cause: error,
    });
  }

  [Symbol.dispose](): void {
    // A destroyed stream may still report what happened to it.
    if (!this.#stream.destroyed) this.#stream.off('error', this.#onError);
  }
}
