import type { StreamEpoch } from '@kestrel/bus';
import { createChannel } from '@kestrel/grpc';
import type { TrafficClass, Welcome } from '@kestrel/proto/cloud';
import { OperationalError, sleep } from '@kestrel/runtime';
import { CreditLedger } from '../core/credit.ts';
import { FlightWindow } from '../core/flight-window.ts';
import { Liveness } from '../core/liveness.ts';
import type { SessionEnd } from '../core/session-end.ts';
import { UPLINKED_STREAMS } from '../core/uplinked-streams.ts';
import { findStream, isThere } from '../ingress/stream-lookup.ts';
import { pumpBulk } from './bulk-pump.ts';
import { CloudCall, silent } from './cloud-call.ts';
import type { ReceivedFrame } from './cloud-call.ts';
import { heartbeatFrame } from './frames.ts';
import { FrameInbox } from './frame-inbox.ts';
import { failed, handshake } from './handshake.ts';
import { prepareStream } from './prepare-stream.ts';
import type { SessionLink } from './session-link.ts';
import type { SessionParts } from './session-parts.ts';
import { StreamSender } from './stream-sender.ts';
import { takeFrame } from './take-frame.ts';
import { WakeUp } from './wake-up.ts';

/** Not sent, but without it every command would fail: it is looked after like those that are. */
const commands = 'KESTREL_COMMANDS';
const windowBytesMax = 4 * 1024 * 1024;
/** Largest frame with a batch: what a control frame may have to wait for. On the wire it has 128 KB, its own fields with it. */
const frameBytesMax = 126 * 1024;
const frameBytesMin = 4 * 1024;
/** Room for a batch's own fields. */
const frameOverheadBytes = 1024;
/** Largest payload of a batch that we make, whatever the cloud allows. */
const batchBytesMax = 4 * 1024 * 1024;
/** Streams are looked at again so often: new ones, other epochs, lag. */
const lookAgainMs = 2_000;
const tickMs = 500;
/** At the end: time for the commits of what is under way, and for the cloud to close. */
const drainMs = 4_000;
const closeMs = 2_000;
const heartbeatDefaultMs = 5_000;
const deadDefaultMs = 12_000;

/** One session with the cloud, from Hello to its end. */
export class Session {
  readonly #parts: SessionParts;
  readonly #call: CloudCall;
  readonly #link: SessionLink;
  readonly #liveness: Liveness;
  readonly #heartbeatMs: number;
  readonly #wakeUp = new WakeUp();
  readonly #over = new AbortController();
  readonly #senders: StreamSender[] = [];
  readonly #welcome: Welcome;
  readonly sinceMs: number;
  readonly term: number;
  #end: SessionEnd | undefined;
  #looking = false;

  private constructor(parts: SessionParts, call: CloudCall, welcome: Welcome, term: number) {
    const { clock, buses, ledger, events, log } = parts;
    this.#parts = parts;
    this.#call = call;
    this.#welcome = welcome;
    this.sinceMs = clock.nowMs();
    this.term = term;
    const { heartbeatIntervalMs, deadAfterMs } = welcome.limits ?? { heartbeatIntervalMs: 0, deadAfterMs: 0 };
    this.#heartbeatMs = heartbeatIntervalMs || heartbeatDefaultMs;
    this.#liveness = new Liveness(deadAfterMs || deadDefaultMs, clock.monotonicMs());
    this.#link = {
      call,
      buses,
      window: new FlightWindow({ windowBytesMax }),
      credit: new CreditLedger(),
      encodings: welcome.encodings,
      frameBytesMax: frameLimit(welcome.limits?.frameBytesMax),
      batchBytesMax: Math.min(batchBytesMax, welcome.limits?.batchBytesMax || batchBytesMax),
      ledger,
      events,
      clock,
      log,
      wake: this.#wakeUp.wake,
    };
    for (const { trafficClass, sizeBytes } of welcome.credits) this.#link.credit.grant(trafficClass, sizeBytes);
  }

  get id(): string {
    return this.#welcome.sessionId;
  }

  /** Highest term that the cloud has ever seen. */
  get highestTerm(): number {
    return Number(this.#welcome.highestTerm);
  }

  get senders(): readonly StreamSender[] {
    return this.#senders;
  }

  get inFlightBytes(): number {
    return this.#link.window.inFlightBytes;
  }

  get windowBytes(): number {
    return this.#link.window.limitBytes();
  }

  creditOf(trafficClass: TrafficClass): number {
    return this.#link.credit.balance(trafficClass);
  }

  /**
   * Opens a session with `term`, holds it until it ends or `signal` is aborted, and says how it ended. `onOpen` gets it
   * as soon as its streams flow. @throws OperationalError when the bus can't be asked
   */
  static async hold(
    parts: SessionParts,
    o: {
      readonly term: number;
      readonly signal: AbortSignal;
      readonly onOpen: (session: Session) => void;
    },
  ): Promise<SessionEnd> {
    await parts.ensureControl();
    const standings = await readStandings(parts);
    using channel = createChannel({
      address: parts.cloud.address,
      serverName: parts.cloud.serverName,
      proxyEnv: parts.cloud.proxyEnv,
      tls: parts.tls,
      token: parts.token,
      log: parts.log,
    });
    const inbox = new FrameInbox();
    using call = new CloudCall(channel, (received) => inbox.put(received));
    const hello = { cloud: parts.cloud, term: o.term, streams: [...standings.values()] };
    const answer = await handshake(call, inbox.first, hello, o.signal);
    if ('kind' in answer) return answer;
    const session = new Session(parts, call, answer, o.term);
    return await session.#run(standings, inbox, o);
  }

  async #run(
    standings: ReadonlyMap<string, StreamEpoch>,
    inbox: FrameInbox,
    o: { signal: AbortSignal; onOpen: (session: Session) => void },
  ): Promise<SessionEnd> {
    await using running = new AsyncDisposableStack();
    this.#watch(running, o.signal);
    await this.#openStreams(standings, running);
    inbox.drainTo((received) => this.#receive(received));
    const { events, clock } = this.#parts;
    events.sessionOpened({ sessionId: this.id, term: this.term, streams: this.#senders.length });
    o.onOpen(this);
    const pumping = new AbortController();
    const pump = pumpBulk(this.#senders, this.#link, this.#wakeUp, pumping.signal);
    running.defer(() => clearInterval(timers));
    let heartbeatDueMs = 0;
    const timers = setInterval(() => {
      const nowMs = clock.monotonicMs();
      if (this.#liveness.isDead(nowMs))
        this.#finish({ kind: 'failed', error: silent(this.#liveness.deadAfterMs / 1_000) });
      if (nowMs < heartbeatDueMs) return;
      heartbeatDueMs = nowMs + this.#heartbeatMs;
      this.#call.write(heartbeatFrame(clock.nowMs()));
    }, tickMs);
    await untilAborted(this.#over.signal);
    pumping.abort();
    const end = this.#end ?? { kind: 'stopped' };
    if (end.kind === 'stopped' || end.kind === 'renew') await this.#drain();
    this.#call.end();
    await Promise.race([this.#call.ended, sleep(end.kind === 'failed' ? 0 : closeMs)]);
    await Promise.race([pump, sleep(closeMs)]);
    return end;
  }

  async #openStreams(standings: ReadonlyMap<string, StreamEpoch>, running: AsyncDisposableStack): Promise<void> {
    const { buses, clock } = this.#parts;
    const found = UPLINKED_STREAMS.flatMap((stream) => {
      const standing = standings.get(stream.name);
      return standing ? [{ stream, standing }] : [];
    });
    const prepared = await Promise.all(
      found.map(({ stream, standing }) =>
        prepareStream(buses[stream.account], stream, standing, { welcome: this.#welcome, clock }),
      ),
    );
    for (const one of prepared) this.#senders.push(running.use(new StreamSender(this.#link, one)));
  }

  /** All that can end the session from outside. */
  #watch(running: AsyncDisposableStack, signal: AbortSignal): void {
    const { buses, tls } = this.#parts;
    const stop = () => this.#finish({ kind: 'stopped' });
    signal.addEventListener('abort', stop, { once: true });
    running.defer(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
    running.defer(
      tls.onChange(() =>
        this.#finish({ kind: 'renew', reason: 'the client certificate or the authorities are renewed' }),
      ),
    );
    for (const bus of Object.values(buses)) {
      // Another store may be behind the same address now: positions are compared before anything of it is sent.
      const stopListening = bus.onStatus((event) => {
        if (event === 'connected') this.#finish({ kind: 'renew', reason: `the bus was away (${bus.account})` });
      });
      running.defer(stopListening);
    }
    const looking = setInterval(() => void this.#lookAgain(), lookAgainMs);
    running.defer(() => clearInterval(looking));
    void this.#call.ended.then((error) =>
      this.#finish(error ? { kind: 'failed', error } : failed('cloud_closed', 'the cloud ended the call')),
    );
  }

  #finish(end: SessionEnd): void {
    this.#end ??= end;
    this.#over.abort();
  }

  /** Waits for the commits of what is under way. */
  async #drain(): Promise<void> {
    const deadlineMs = this.#parts.clock.monotonicMs() + drainMs;
    const callOver = new AbortController();
    void this.#call.ended.then(() => callOver.abort());
    while (this.#link.window.inFlightBytes > 0 && !callOver.signal.aborted) {
      if (this.#parts.clock.monotonicMs() >= deadlineMs) return;
      await sleep(10, callOver.signal);
    }
  }

  #receive(received: ReceivedFrame): void {
    this.#liveness.heard(this.#parts.clock.monotonicMs());
    if (received.kind === 'unreadable') {
      this.#parts.log.warn({ err: received.cause, sizeBytes: received.sizeBytes }, 'frame of the cloud cannot be read');
      this.#finish({
        kind: 'failed',
        error: new OperationalError('protocol_error', 'a frame of the cloud cannot be read'),
      });
      return;
    }
    try {
      const { intake } = this.#parts;
      takeFrame(received.frame, {
        link: this.#link,
        senders: this.#senders,
        intake,
        finish: (end) => this.#finish(end),
      });
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      this.#finish({ kind: 'failed', error });
    }
  }

  async #lookAgain(): Promise<void> {
    if (this.#looking || this.#senders.length === 0) return;
    this.#looking = true;
    try {
      if (!(await isThere(this.#parts.buses.CONTROL, commands)))
        this.#finish({ kind: 'renew', reason: `stream ${commands} is gone` });
      const standings = await readStandings(this.#parts);
      const known = new Set<string>(this.#senders.map((sender) => sender.stream.name));
      const added = [...standings.keys()].find((name) => !known.has(name));
      if (added !== undefined) this.#finish({ kind: 'renew', reason: `stream ${added} is there now` });
      for (const sender of this.#senders) {
        const reason = await sender.lookAgain(standings.get(sender.stream.name), this.#parts.clock.nowMs());
        if (reason !== undefined) this.#finish({ kind: 'renew', reason });
      }
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      this.#parts.log.debug({ err: error }, 'streams cannot be looked at now');
    } finally {
      this.#looking = false;
    }
  }
}

/** The streams that exist, by name. */
async function readStandings({ buses }: SessionParts): Promise<Map<string, StreamEpoch>> {
  const found = await Promise.all(UPLINKED_STREAMS.map(({ account, name }) => findStream(buses[account], name)));
  return new Map(found.flatMap((standing) => (standing ? [[standing.stream, standing] as const] : [])));
}

function frameLimit(cloudMax: number | undefined): number {
  if (!cloudMax) return frameBytesMax;
  return Math.max(frameBytesMin, Math.min(frameBytesMax, cloudMax - frameOverheadBytes));
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
