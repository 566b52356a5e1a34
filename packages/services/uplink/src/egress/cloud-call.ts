import { Client } from '@grpc/grpc-js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { toOperationalError } from '@kestrel/grpc';
import type { ClientChannel } from '@kestrel/grpc';
import { CloudFrame } from '@kestrel/proto/cloud';
import { SessionServiceService } from '@kestrel/proto/services';
import { OperationalError } from '@kestrel/runtime';

/** What came from the cloud; bytes that are no frame are an answer too, not the end of the process. */
export type ReceivedFrame =
  | { readonly kind: 'frame'; readonly frame: CloudFrame['frame'] }
  | { readonly kind: 'unreadable'; readonly sizeBytes: number; readonly cause: unknown };

/** How the cloud ended the call: undefined for an orderly end. */
export type CallEnd = OperationalError | undefined;

/**
 * The one stream to the cloud. Frames go out as bytes, since the sender must know their size, and in the order written.
 * `grpc-js` throws on a frame that can't be decoded; here it is handed on.
 */
export class CloudCall implements Disposable {
  readonly ended: Promise<CallEnd>;
  readonly #call: ClientDuplexStream<Buffer, ReceivedFrame>;
  #isOver = false;
  #releaseBulk: (() => void) | undefined;

  constructor(channel: ClientChannel, onFrame: (received: ReceivedFrame) => void) {
    const client = new Client(...channel.clientArguments);
    this.#call = client.makeBidiStreamRequest(SessionServiceService.open.path, (bytes: Buffer) => bytes, receive);
    this.#call.on('data', onFrame);
    this.ended = new Promise((resolve) => {
      this.#call.on('error', (error) => resolve(toOperationalError(error)));
      this.#call.on('end', () => resolve(undefined));
    });
    void this.ended.then(() => {
      this.#isOver = true;
      this.#releaseBulk?.();
    });
  }

  /** Writes a small frame at once. */
  write(frame: Buffer): void {
    if (!this.#isOver && !this.#call.writableEnded) this.#call.write(frame);
  }

  /** Writes a frame and resolves when the connection has taken it, or the call is over. One at a time. */
  async writeBulk(frame: Buffer): Promise<void> {
    if (this.#isOver || this.#call.writableEnded) return;
    await new Promise<void>((resolve) => {
      this.#releaseBulk = resolve;
      // An error here is the end of the call, which `ended` tells.
      this.#call.write(frame, () => resolve());
    });
    this.#releaseBulk = undefined;
  }

  /** Says that nothing more is sent; the cloud commits what it has, and ends. */
  end(): void {
    if (!this.#call.writableEnded) this.#call.end();
  }

  [Symbol.dispose](): void {
    if (!this.#isOver) this.#call.cancel();
  }
}

function receive(bytes: Buffer): ReceivedFrame {
  try {
    return { kind: 'frame', frame: CloudFrame.decode(bytes).frame };
  } catch (cause) {
    return { kind: 'unreadable', sizeBytes: bytes.length, cause };
  }
}

/** The cloud's silence, as a failure. */
export function silent(seconds: number): OperationalError {
  return new OperationalError('cloud_silent', `nothing was heard of the cloud for ${seconds} s`);
}
