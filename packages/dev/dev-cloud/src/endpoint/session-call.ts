import type { ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import { ClientFrame, type CloudFrame } from '@kestrel/proto/cloud';
import { SessionServiceService } from '@kestrel/proto/services';

/** A frame as it came, with its size on the wire; bytes that are no frame are an answer too, not the end of the call. */
export type ReceivedFrame =
  | { readonly kind: 'frame'; readonly frame: ClientFrame; readonly sizeBytes: number }
  | { readonly kind: 'unreadable'; readonly cause: unknown; readonly sizeBytes: number };

/** The one stream of a cluster, as the server sees it. */
export type SessionCall = ServerDuplexStream<ReceivedFrame, CloudFrame>;

/** SessionService with a decoder that never throws and keeps sizes: grpc-js would end the call with INTERNAL. */
export const sessionDefinition: ServiceDefinition = {
  open: { ...SessionServiceService.open, requestDeserialize: receive },
};

function receive(bytes: Buffer): ReceivedFrame {
  try {
    return { kind: 'frame', frame: ClientFrame.decode(bytes), sizeBytes: bytes.byteLength };
  } catch (cause) {
    return { kind: 'unreadable', cause, sizeBytes: bytes.byteLength };
  }
}
