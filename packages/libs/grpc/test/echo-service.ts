// A service of raw bytes for the tests: no proto, so that only the transport is under test.
import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  ServiceDefinition,
  ServiceError,
} from '@grpc/grpc-js';
import { Client, Metadata } from '@grpc/grpc-js';
import type { ClientChannel, PeerIdentity, ServiceImplementation } from '../src/index.ts';
import { deadlineIn, peerCertificate } from '../src/index.ts';

const method = (name: string, stream: boolean): MethodDefinition<Buffer, Buffer> => ({
  path: `/test.Echo/${name}`,
  requestStream: stream,
  responseStream: stream,
  requestSerialize: (value) => value,
  requestDeserialize: (value) => value,
  responseSerialize: (value) => value,
  responseDeserialize: (value) => value,
});

const definition = { unary: method('Unary', false), bidi: method('Bidi', true) } satisfies ServiceDefinition;

interface Seen {
  peer?: PeerIdentity | undefined;
  authorization?: string | undefined;
}

const bidi: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
  call.on('data', (chunk: Buffer) => call.write(chunk));
  call.on('end', () => call.end());
};

/** Echoes bytes; an own `unary` handler may be given. `seen` is what the last unary call came with. */
export function echoService(
  over: { unary?: handleUnaryCall<Buffer, Buffer> } = {},
): ServiceImplementation & { seen: Seen } {
  const seen: Seen = {};
  const unary: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    seen.peer = peerCertificate(call);
    seen.authorization = call.metadata.get('authorization')[0]?.toString();
    callback(null, call.request);
  };
  return { definition, implementation: { unary: over.unary ?? unary, bidi }, seen };
}

/** One unary call with a deadline of 10 s unless told otherwise. */
export function echo(channel: ClientChannel, request = Buffer.from('hello'), deadlineMs = 10_000): Promise<Buffer> {
  const client = new Client(...channel.clientArguments);
  const { path, requestSerialize, responseDeserialize } = definition.unary;
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, response?: Buffer) => {
      if (error) reject(error);
      else resolve(response ?? Buffer.alloc(0));
    };
    const options = deadlineIn(deadlineMs);
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, new Metadata(), options, done);
  });
}

/** An open stream that echoes. */
export function echoStream(channel: ClientChannel) {
  const client = new Client(...channel.clientArguments);
  return client.makeBidiStreamRequest(
    definition.bidi.path,
    definition.bidi.requestSerialize,
    definition.bidi.responseDeserialize,
  );
}
