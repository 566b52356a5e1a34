/** Queueing that bulk may add in front of control traffic: what buffers hold is never more than this much of the link. */
const queueMsMax = 200;
/** Floor of the window: below it a link could not be measured. */
const windowBytesMin = 16 * 1024;
/** A commit that takes longer counts as this: slowness of the cloud must not open the window without end. */
const baseLatencyMsMax = 2_000;
const rateSampleLifeMs = 2_000;
/** Pace of the parts of one large event before any rate is known. */
const unknownRateBytesPerMs = 256;

/** One bulk frame on its way, as the window remembers it. */
export interface Flight {
  readonly bytes: number;
  readonly sentMs: number;
  readonly committedBefore: number;
  readonly committedAtMs: number;
  /** Whether the window, and not a lack of events, was the limit. */
  readonly limited: boolean;
}

interface RateSample {
  readonly atMs: number;
  readonly bytesPerMs: number;
}

/**
 * Bounds unacknowledged bulk bytes over all classes, since whatever is written sits in front of control frames in
 * buffers that nothing can reorder. The bound is rate × (base latency + 200 ms): the rate is the best that commits have
 * shown lately, the base latency the shortest that a commit took in this session, when nothing was queued. Without the
 * latency the window would collapse on every link whose commits take longer than the 200 ms.
 * Rate samples are taken per frame, as in BBR (draft-cardwell-iccrg-bbr): bytes committed while it was under way.
 */
export class FlightWindow {
  readonly #windowBytesMax: number;
  #inFlightBytes = 0;
  #committedBytes = 0;
  #committedAtMs = 0;
  #baseLatencyMs = baseLatencyMsMax;
  #measured = false;
  #samples: RateSample[] = [];
  #partDueMs = 0;

  constructor(o: { readonly windowBytesMax: number }) {
    this.#windowBytesMax = Math.max(o.windowBytesMax, windowBytesMin);
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Bytes that may be unacknowledged now. */
  limitBytes(): number {
    const wanted = this.#bytesPerMs() * (this.#baseLatencyMs + queueMsMax);
    return Math.min(this.#windowBytesMax, Math.max(windowBytesMin, this.#measured ? wanted : windowBytesMin));
  }

  /** Largest frame: half of the window, so that two are under way and the link is never idle between them. */
  frameBytesMax(): number {
    return Math.floor(this.limitBytes() / 2);
  }

  hasRoom(): boolean {
    return this.#inFlightBytes < this.limitBytes();
  }

  /**
   * When the next part of an event larger than the window may go. Its commit can't come before all of it is there, so
   * parts are paced at the measured rate instead. Monotonic milliseconds.
   */
  get partDueMs(): number {
    return this.#partDueMs;
  }

  sent(bytes: number, nowMs: number): Flight {
    const idle = this.#inFlightBytes === 0;
    this.#inFlightBytes += bytes;
    const pace = this.#measured ? Math.max(this.#bytesPerMs(), unknownRateBytesPerMs) : unknownRateBytesPerMs;
    this.#partDueMs = Math.max(this.#partDueMs, nowMs) + bytes / pace;
    return {
      bytes,
      sentMs: nowMs,
      committedBefore: this.#committedBytes,
      committedAtMs: idle ? nowMs : this.#committedAtMs,
      limited: !this.hasRoom(),
    };
  }

  /** Frames that one commit covers, in the order sent. */
  committed(flights: readonly Flight[], nowMs: number): void {
    if (flights.length === 0) return;
    for (const { bytes } of flights) {
      this.#inFlightBytes -= bytes;
      this.#committedBytes += bytes;
    }
    this.#committedAtMs = nowMs;
    for (const flight of flights) this.#measure(flight, nowMs);
  }

  /** Frames that nobody will acknowledge any more, for instance of an abandoned snapshot. */
  forgotten(flights: readonly Flight[]): void {
    for (const { bytes } of flights) this.#inFlightBytes -= bytes;
  }

  #measure(flight: Flight, nowMs: number): void {
    this.#baseLatencyMs = Math.min(this.#baseLatencyMs, nowMs - flight.sentMs);
    this.#measured = true;
    const bytesPerMs = (this.#committedBytes - flight.committedBefore) / Math.max(1, nowMs - flight.committedAtMs);
    // Too few events say nothing about the link.
    if (!flight.limited && bytesPerMs < this.#bytesPerMs()) return;
    const oldestMs = nowMs - rateSampleLifeMs;
    this.#samples = this.#samples.filter((one) => one.atMs >= oldestMs && one.bytesPerMs > bytesPerMs);
    this.#samples.push({ atMs: nowMs, bytesPerMs });
  }

  #bytesPerMs(): number {
    return this.#samples[0]?.bytesPerMs ?? 0;
  }
}
