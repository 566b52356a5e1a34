import { zstdDecompressSync } from 'node:zlib';
import type { ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import { startGrpcServer } from '@kestrel/grpc';
import type { TlsSource } from '@kestrel/grpc';
import {
  ClientFrame,
  CloudFrame,
  Encoding,
  EventList,
  GoAway_Reason,
  SnapshotMark_Kind,
  TrafficClass,
} from '@kestrel/proto/cloud';
import type { Batch, Event, Gap, Hello, SnapshotMark, Welcome } from '@kestrel/proto/cloud';
import { SessionServiceService } from '@kestrel/proto/services';
import { createLogger } from '@kestrel/runtime';
import { eventually } from '@kestrel/testkit';

type Frame = NonNullable<CloudFrame['frame']>;
/** Raw bytes are sent as they are: what no honest cloud would send. */
type Sent = Frame | Buffer;
type Call = ServerDuplexStream<ClientFrame, Sent>;

interface Position {
  epoch: string;
  seq: bigint;
  timeNs: bigint;
}

export interface TakenEvent {
  readonly stream: string;
  readonly epoch: string;
  readonly seq: bigint;
  readonly subject: string;
  readonly snapshotId: string;
  readonly data: string;
  readonly parts: number;
}

const log = createLogger({ service: 'scripted-cloud', level: 'silent', destination: { write: () => undefined } });

/**
 * A cloud by the letter of the protocol, in memory: it keeps cursors over sessions, commits every batch at once, and does
 * what the test tells it. Whatever it hears is there to be looked at.
 */
export class ScriptedCloud implements AsyncDisposable {
  readonly hellos: Hello[] = [];
  readonly tokens: string[] = [];
  readonly frames: NonNullable<ClientFrame['frame']>[] = [];
  readonly events: TakenEvent[] = [];
  readonly gaps: Gap[] = [];
  readonly cursors = new Map<string, Position>();
  readonly openSnapshots = new Map<string, { stream: string; epoch: string; seq: bigint; timeNs?: bigint }>();
  /** Answers a Hello instead of a Welcome, while set. */
  refusal: Frame | undefined;
  /** Batches are taken and not committed, while set. */
  holdsCommits = false;
  /** Nothing is sent at all, while set: not even heartbeats. */
  isSilent = false;
  /** Code with which the next event of a subject is rejected. */
  readonly rejections = new Map<string, string>();
  encodings: Encoding[] = [Encoding.IDENTITY, Encoding.ZSTD];
  /** What every class may send from the start. */
  creditBytes = 8n * 1024n * 1024n;
  frameBytesMax = 1_048_576;
  batchBytesMax = 8_388_608;
  /** Highest term in the Welcome, in place of the uplink's own. */
  highestTerm: bigint | undefined;
  deadAfterMs = 12_000;
  heartbeatIntervalMs = 500;
  #call: Call | undefined;
  #parts: Event[] = [];
  #stop: AsyncDisposable | undefined;
  #port = 0;
  readonly #heartbeats: NodeJS.Timeout;

  private constructor() {
    this.#heartbeats = setInterval(() => this.send({ $case: 'heartbeat', value: { sentAtMs: 1n } }), 200);
  }

  static async start(tls: TlsSource, port = 0): Promise<ScriptedCloud> {
    const cloud = new ScriptedCloud();
    const definition: ServiceDefinition = { open: { ...SessionServiceService.open, responseSerialize: serialize } };
    const server = await startGrpcServer({
      host: '127.0.0.1',
      port,
      tls,
      requireClientCert: true,
      services: [{ definition, implementation: { open: (call: Call) => cloud.#open(call) } }],
      drainMs: 200,
      log,
    });
    cloud.#stop = server;
    cloud.#port = server.port;
    return cloud;
  }

  get address(): string {
    return `localhost:${this.#port}`;
  }

  get isOpen(): boolean {
    return this.#call !== undefined;
  }

  send(frame: Sent): void {
    if (!this.isSilent) this.#call?.write(frame);
  }

  /** Ends the stream with a status. */
  endStream(goAway?: { reason: GoAway_Reason; message?: string; highestTerm?: bigint; retryAfterMs?: number }): void {
    const call = this.#call;
    this.#call = undefined;
    if (goAway) call?.write({ $case: 'goAway', value: { message: '', highestTerm: 0n, retryAfterMs: 0, ...goAway } });
    call?.emit('error', { code: 14, details: goAway?.message ?? 'the script ends the stream' });
  }

  eventsOf(stream: string): TakenEvent[] {
    return this.events.filter((event) => event.stream === stream);
  }

  async received(stream: string, count: number): Promise<TakenEvent[]> {
    return await eventually(
      () => {
        const events = this.eventsOf(stream);
        return events.length >= count ? events : false;
      },
      { message: `${count} events of ${stream} in the cloud` },
    );
  }

  /** Waits for the n-th session to be open, counted from 1. */
  async session(n: number): Promise<Hello> {
    return await eventually(() => (this.hellos.length >= n && this.isOpen ? this.hellos.at(-1) : undefined), {
      message: `session ${n}`,
    });
  }

  /** Waits until the cursor of a stream stands at a sequence. */
  async committed(stream: string, seq: number): Promise<void> {
    await eventually(() => this.cursors.get(stream)?.seq === BigInt(seq), { message: `cursor of ${stream} at ${seq}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeats);
    await this.#stop?.[Symbol.asyncDispose]();
  }

  #open(call: Call): void {
    this.tokens.push(call.metadata.get('authorization').join());
    this.#parts = [];
    const isPresent = () => this.#call === call;
    call.on('data', (frame: ClientFrame) => {
      if (frame.frame?.$case === 'hello') this.#hello(call, frame.frame.value);
      else if (frame.frame && isPresent()) this.#take(frame.frame);
    });
    const over = () => {
      if (isPresent()) this.#call = undefined;
      call.end();
    };
    call.on('end', over);
    call.on('cancelled', over);
    call.on('error', over);
  }

  #hello(call: Call, hello: Hello): void {
    this.hellos.push(hello);
    if (this.refusal) {
      call.write(this.refusal);
      call.emit('error', { code: 16, details: 'refused by the script' });
      return;
    }
    this.#call = call;
    this.send({ $case: 'welcome', value: this.#welcome(hello) });
  }

  #welcome(hello: Hello): Welcome {
    const classes = [TrafficClass.RESULTS, TrafficClass.AUDIT, TrafficClass.RESOURCES, TrafficClass.FLOWS];
    return {
      protocolVersion: 1,
      cursors: hello.streams.map(({ name }) => {
        const { epoch, seq, timeNs } = this.cursors.get(name) ?? { epoch: '', seq: 0n, timeNs: 0n };
        return { stream: name, epoch, committedSeq: seq, streamTimeNs: timeNs };
      }),
      openSnapshots: [...this.openSnapshots].map(([snapshotId, { stream, epoch, seq }]) => ({
        snapshotId,
        stream,
        epoch,
        seq,
      })),
      highestTerm: this.highestTerm ?? hello.term,
      credits: classes.map((trafficClass) => ({ trafficClass, sizeBytes: this.creditBytes })),
      limits: {
        frameBytesMax: this.frameBytesMax,
        batchBytesMax: this.batchBytesMax,
        heartbeatIntervalMs: this.heartbeatIntervalMs,
        deadAfterMs: this.deadAfterMs,
      },
      encodings: this.encodings,
      sessionId: `session-${this.hellos.length}`,
    };
  }

  #take(frame: NonNullable<ClientFrame['frame']>): void {
    this.frames.push(frame);
    switch (frame.$case) {
      case 'batch':
        return this.#batch(frame.value);
      case 'gap':
        this.gaps.push(frame.value);
        if (frame.value.reason !== 2) this.#move(frame.value.stream, frame.value.epoch, frame.value.toSeq, 0n);
        return undefined;
      case 'epochChange':
        this.cursors.set(frame.value.stream, { epoch: frame.value.epoch, seq: 0n, timeNs: 0n });
        return undefined;
      case 'snapshotMark':
        return this.#mark(frame.value);
      default:
        return undefined;
    }
  }

  #batch(batch: Batch): void {
    const payload = batch.encoding === Encoding.ZSTD ? zstdDecompressSync(batch.payload) : batch.payload;
    if (payload.length !== batch.sizeBytes) throw new Error('a batch of another size than stated');
    const { events } = EventList.decode(payload);
    const whole = events.flatMap((event) => this.#assemble(event));
    const { stream, epoch, snapshotId } = batch;
    for (const { seq, subject, data, parts } of whole) {
      this.events.push({ stream, epoch, seq, subject, snapshotId, data: Buffer.from(data).toString(), parts });
    }
    const last = whole.at(-1);
    if (last === undefined || this.holdsCommits) return;
    const rejected = whole.flatMap(({ seq, subject }) => {
      const code = this.rejections.get(subject);
      return code === undefined ? [] : [{ seq, code }];
    });
    if (snapshotId === '') this.#move(stream, epoch, last.seq, last.streamTimeNs, rejected);
    else {
      const open = this.openSnapshots.get(snapshotId);
      if (open) Object.assign(open, { seq: last.seq, timeNs: last.streamTimeNs });
      const streamTimeNs = last.streamTimeNs;
      this.send({
        $case: 'commit',
        value: { stream, epoch, committedSeq: last.seq, streamTimeNs, rejected, snapshotId },
      });
    }
  }

  #assemble(event: Event): Event[] {
    if (event.parts === 0) return [event];
    this.#parts.push(event);
    if (event.part < event.parts) return [];
    const data = Buffer.concat(this.#parts.map((part) => part.data));
    this.#parts = [];
    return [{ ...event, data }];
  }

  #mark(mark: SnapshotMark): void {
    const { stream, epoch, snapshotId, kind, seq } = mark;
    if (kind === SnapshotMark_Kind.BEGIN) this.openSnapshots.set(snapshotId, { stream, epoch, seq: 0n });
    else {
      const shownNs = this.openSnapshots.get(snapshotId)?.timeNs ?? this.cursors.get(stream)?.timeNs ?? 0n;
      this.openSnapshots.delete(snapshotId);
      this.#move(stream, epoch, seq, shownNs);
    }
  }

  #move(
    stream: string,
    epoch: string,
    seq: bigint,
    timeNs: bigint,
    rejected: { seq: bigint; code: string }[] = [],
  ): void {
    this.cursors.set(stream, { epoch, seq, timeNs });
    const commit = { stream, epoch, committedSeq: seq, streamTimeNs: timeNs, rejected, snapshotId: '' };
    this.send({ $case: 'commit', value: commit });
  }
}

function serialize(sent: Sent): Buffer {
  return Buffer.isBuffer(sent) ? sent : Buffer.from(CloudFrame.encode({ frame: sent }).finish());
}
