import {
  GoAway_Reason,
  goAway_ReasonToJSON,
  receipt_StateToJSON,
  type Batch,
  type ClientFrame,
  type CloudFrame,
  type Hello,
  type Receipt,
} from '@kestrel/proto/cloud';
import type { Clock, Logger } from '@kestrel/runtime';
import type { Cluster, LiveSession } from '../cluster.ts';
import type { Faults } from '../faults.ts';
import { SessionLedger, type Outcome } from '../ledger/session-ledger.ts';
import { STREAM_RULES } from '../streams.ts';
import type { Admitted } from './admission.ts';
import { CommitSender } from './commit-sender.ts';
import { CreditAccount } from './credit-account.ts';
import { callStatus, goAway, type Ending } from './ending.ts';
import type { EndpointLimits } from './limits.ts';
import type { ReceivedFrame, SessionCall } from './session-call.ts';
import { unpackBatch } from './unpack-batch.ts';
import { helloProblem, welcome } from './welcome.ts';

/** What a session lives in. */
export interface SessionOptions {
  readonly call: SessionCall;
  readonly admitted: Admitted;
  readonly cluster: Cluster;
  readonly faults: Faults;
  readonly limits: EndpointLimits;
  readonly keepEvents: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often a session looks at its clocks, at most. */
const tickMaxMs = 1_000;

/**
 * One open stream of a cluster, from its Hello on. Frames are judged and kept as they come; what was received becomes
 * durable together, at the latest after `commitIntervalMs`, and is then committed and its credit given back.
 */
export class Session implements LiveSession {
  readonly id: string;
  readonly term: bigint;
  readonly instance: string;
  readonly certificateSerial: string;
  readonly #o: SessionOptions;
  readonly #log: Logger;
  readonly #ledger: SessionLedger;
  readonly #credit: CreditAccount;
  readonly #commits: CommitSender;
  readonly #closing = new DisposableStack();
  #heardMs: number;
  #pendingBytes = 0;
  #commitTimer: NodeJS.Timeout | undefined;
  #ended = false;

  private constructor(hello: Hello, o: SessionOptions) {
    const { cluster, admitted, limits, faults, clock } = o;
    this.#o = o;
    this.id = cluster.newSessionId();
    this.term = hello.term;
    this.instance = hello.instance;
    this.certificateSerial = admitted.certificateSerial;
    this.#log = o.log.child({ clusterId: cluster.id, sessionId: this.id, term: hello.term.toString() });
    this.#ledger = new SessionLedger({
      store: cluster.store,
      sessionId: this.id,
      now: () => clock.nowMs(),
      eventBytesMax: limits.batchBytesMax,
      keepEvents: o.keepEvents,
      forcedRejection: () => faults.takeRejection(),
    });
    this.#credit = new CreditAccount(limits.classCreditBytes);
    this.#commits = this.#closing.use(
      new CommitSender({ send: (value) => this.#send({ $case: 'commit', value }), faults, clock }),
    );
    this.#heardMs = clock.monotonicMs();
  }

  /** Opens the session that a Hello asks for: an older one is ended first, so that its last events are in the cursors. */
  static open(hello: Hello, o: SessionOptions): Session | Ending {
    const { cluster, clock, limits } = o;
    const problem = helloProblem(hello, { clusterId: cluster.id, highestTerm: cluster.store.highestTerm() });
    if (problem) return problem;
    const message = `a session with term ${hello.term} takes over`;
    cluster.session?.end({ reason: GoAway_Reason.SUPERSEDED, message, highestTerm: hello.term });
    const session = new Session(hello, o);
    const { id, term, instance, certificateSerial: certificate } = session;
    const version = hello.agentVersion;
    cluster.store.beginSession({ id, instance, version, term, certificate, startedMs: clock.nowMs() });
    cluster.store.commit();
    cluster.session = session;
    const value = welcome(hello, { store: cluster.store, limits, sessionId: id, highestTerm: term });
    session.#start(hello);
    session.#send({ $case: 'welcome', value });
    session.#sendWaitingCommands();
    return session;
  }

  receive(received: ReceivedFrame): void {
    if (this.#ended) return;
    this.#heardMs = this.#o.clock.monotonicMs();
    if (received.kind === 'frame') this.#take(received.frame, received.sizeBytes);
    else this.#breach(`a frame of ${received.sizeBytes} bytes can't be read: ${String(received.cause)}`);
  }

  end(ending: Ending): void {
    if (this.#ended) return;
    this.#commit();
    this.#close(`${goAway_ReasonToJSON(ending.reason)}: ${ending.message}`);
    this.#o.call.write({ frame: { $case: 'goAway', value: goAway(ending) } });
    this.#o.call.emit('error', callStatus(ending));
  }

  cut(reason: string): void {
    if (this.#ended) return;
    this.#close(reason);
    this.#o.call.emit('error', callStatus({ reason: GoAway_Reason.UNSPECIFIED, message: reason }));
  }

  /** The client has closed its side, or the connection is gone. */
  gone(reason: string): void {
    if (this.#ended) return;
    this.#commit();
    this.#close(reason);
    this.#o.call.end();
  }

  sendCommand({ digest, signed }: { readonly digest: string; readonly signed: string }): void {
    this.#o.cluster.store.countSending(digest);
    this.#o.cluster.store.commit();
    const value = { signedCommand: Buffer.from(signed) };
    this.#send({ $case: 'command', value });
    if (this.#o.faults.state.duplicateCommands) this.#send({ $case: 'command', value });
  }

  requestResync(stream: string, reason: string): void {
    this.#send({ $case: 'resync', value: { stream, reason } });
  }

  #start(hello: Hello): void {
    const { limits, faults, cluster } = this.#o;
    for (const { name } of hello.streams) {
      if (!STREAM_RULES.has(name))
        this.#ledger.violation('stream_unknown', { stream: name, epoch: '' }, 0n, 'in Hello');
    }
    const tick = setInterval(() => this.#tick(), Math.min(limits.heartbeatIntervalMs, tickMaxMs));
    const heartbeat = setInterval(() => this.#heartbeat(), limits.heartbeatIntervalMs);
    this.#closing.defer(() => clearInterval(tick));
    this.#closing.defer(() => clearInterval(heartbeat));
    this.#closing.defer(() => clearTimeout(this.#commitTimer));
    this.#closing.defer(faults.onChange(() => this.#obeyFaults()));
    this.#closing.defer(() => {
      if (cluster.session === this) cluster.session = undefined;
    });
    this.#obeyFaults();
    this.#log.info({ instance: hello.instance, version: hello.agentVersion }, 'session is open');
  }

  #take({ frame }: ClientFrame, sizeBytes: number): void {
    switch (frame?.$case) {
      case 'batch':
        return this.#takeBatch(frame.value, sizeBytes);
      case 'gap':
        return this.#follow(this.#ledger.gap(frame.value));
      case 'snapshotMark':
        return this.#follow(this.#ledger.snapshotMark(frame.value));
      case 'epochChange':
        return this.#follow(this.#ledger.epochChange(frame.value));
      case 'receipt':
        return this.#takeReceipt(frame.value);
      case 'heartbeat':
      case undefined: // a frame of a later protocol: ignored, as the protocol says
        return undefined;
      case 'hello':
        return this.#breach('a second Hello');
    }
  }

  #takeBatch(batch: Batch, sizeBytes: number): void {
    const { limits } = this.#o;
    if (sizeBytes > limits.frameBytesMax)
      this.#ledger.violation('batch_too_large', batch, 0n, `a frame of ${sizeBytes} bytes`);
    const rules = STREAM_RULES.get(batch.stream);
    if (rules && !this.#credit.spend(rules.trafficClass, sizeBytes))
      this.#ledger.violation('credit_exceeded', batch, 0n, `a frame of ${sizeBytes} bytes without credit`);
    this.#pendingBytes += sizeBytes;
    const unpacked = unpackBatch(batch, limits.batchBytesMax);
    if (unpacked.kind !== 'events') {
      this.#ledger.violation(unpacked.kind, batch, 0n, unpacked.detail);
      return this.end({ reason: GoAway_Reason.PROTOCOL_ERROR, message: `${batch.stream}: ${unpacked.detail}` });
    }
    return this.#follow(this.#ledger.batch({ ...batch, events: unpacked.events }));
  }

  #takeReceipt(receipt: Receipt): void {
    const { cluster, clock } = this.#o;
    const { commandId, commandDigest, reason } = receipt;
    const state = receipt_StateToJSON(receipt.state);
    const kept = { atMs: clock.nowMs(), session: this.id, command: commandId, digest: commandDigest, state, reason };
    if (!cluster.store.addReceipt(kept))
      this.#ledger.violation('receipt_unknown', { stream: '', epoch: '' }, 0n, `command "${commandId}"`);
    cluster.store.commit();
    cluster.received({ commandId, commandDigest, state, reason });
  }

  #follow(outcome: Outcome): void {
    if (outcome.kind === 'protocol_error')
      return this.end({ reason: GoAway_Reason.PROTOCOL_ERROR, message: outcome.message });
    if (outcome.kind === 'resync') this.requestResync(outcome.stream, outcome.reason);
    if (this.#pendingBytes >= this.#o.limits.commitBytesMax) this.#commit();
    else this.#commitTimer ??= setTimeout(() => this.#commit(), this.#o.limits.commitIntervalMs);
  }

  #commit(): void {
    clearTimeout(this.#commitTimer);
    this.#commitTimer = undefined;
    this.#pendingBytes = 0;
    this.#commits.send(this.#ledger.commit());
    this.#giveCredit();
    this.#o.cluster.committed();
  }

  #giveCredit(): void {
    if (this.#o.faults.state.pauseCredit) return;
    for (const value of this.#credit.replenish()) this.#send({ $case: 'credit', value });
  }

  #sendWaitingCommands(): void {
    for (const command of this.#o.cluster.reader.unansweredCommands(this.#o.clock.nowMs())) this.sendCommand(command);
  }

  #obeyFaults(): void {
    if (this.#o.faults.state.stallReading) this.#o.call.pause();
    else this.#o.call.resume();
    this.#giveCredit();
  }

  #tick(): void {
    const { clock, limits, faults, admitted } = this.#o;
    const nowMs = clock.monotonicMs();
    if (clock.nowMs() >= admitted.expiresAtMs)
      return this.end({ reason: GoAway_Reason.UNAUTHENTICATED, message: `the ${admitted.expires} is expired` });
    if (faults.state.stallReading) this.#heardMs = nowMs; // the silence is ours
    const silentMs = nowMs - this.#heardMs;
    if (silentMs >= limits.deadAfterMs)
      return this.end({
        reason: GoAway_Reason.UNSPECIFIED,
        message: `nothing was heard for ${Math.round(silentMs)} ms`,
      });
    return undefined;
  }

  #heartbeat(): void {
    const { faults, clock } = this.#o;
    if (faults.state.stopHeartbeats) return;
    this.#send({ $case: 'heartbeat', value: { sentAtMs: BigInt(clock.nowMs()) } });
  }

  #breach(detail: string): void {
    this.#ledger.violation('frame_unexpected', { stream: '', epoch: '' }, 0n, detail);
    this.end({ reason: GoAway_Reason.PROTOCOL_ERROR, message: detail });
  }

  #close(reason: string): void {
    this.#ended = true;
    this.#closing.dispose();
    this.#o.call.resume(); // what still comes is read and dropped
    this.#o.cluster.store.endSession(this.id, this.#o.clock.nowMs(), reason);
    this.#o.cluster.store.commit();
    this.#log.info({ reason }, 'session is over');
  }

  #send(frame: NonNullable<CloudFrame['frame']>): void {
    if (!this.#o.call.writableEnded && !this.#o.call.destroyed) this.#o.call.write({ frame });
  }
}
