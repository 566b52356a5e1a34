import { Backoff, OperationalError, sleep } from '@kestrel/runtime';
import type { Clock, Logger, Metrics } from '@kestrel/runtime';
import { certificateMetrics } from './certificate-metrics.ts';
import type { CertificateMetrics } from './certificate-metrics.ts';
import type { CertificateStore, IdentityCertificate } from './certificate-store.ts';
import { createCsr } from './csr.ts';
import { enrolmentReason, holdCertificate, isBetter } from './held-certificate.ts';
import type { EnrolmentReason, HeldCertificate } from './held-certificate.ts';
import { generateKeyPair } from './key-pair.ts';
import { certificateProblem } from './renewal.ts';

/** What an enrolment gives: certificate chain and roots for the server, PEM; empty `caPem` = keep the roots in use. */
export interface EnrolmentAnswer {
  readonly certificatePem: string;
  readonly caPem: string;
}

/** A certificate keeper's settings. */
export interface CertificateKeeperOptions {
  readonly store: CertificateStore;
  /** Sends a request to the authority, with a deadline of its own. */
  readonly enrol: (csrPem: string, signal: AbortSignal) => Promise<EnrolmentAnswer>;
  /** Subject of the request: the cluster id. */
  readonly commonName: string;
  /** URI in the request's subject alternative names. */
  readonly sanUri?: string;
  /** Roots for the server that the owner configured, PEM: they go before what the authority names. */
  readonly caPem?: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** In [0, 1); spreads renewals and retries. Math.random when not given. */
  readonly random?: () => number;
  /** Longest time between two looks at clock and store. Default 60 s. */
  readonly checkIntervalMs?: number;
}

/** TLS material, PEM; the shape that `@kestrel/grpc` takes from its TLS sources. `cert` never comes without its `key`. */
export interface ClientTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** What a certificate keeper knows of itself, for status pages. Never the key. */
export interface CertificateKeeperState {
  readonly status: 'absent' | 'valid' | 'expired' | 'rejected';
  readonly serial?: string;
  readonly notAfterMs?: number;
  readonly renewalDueMs?: number;
  /** Of the latest round, while it failed. */
  readonly lastError?: string;
}

const checkIntervalMs = 60_000;
const retryBaseMs = 1_000;
const retryMaxMs = 60_000;
/** Between two looks, also when a certificate's life is so short that it is due again at once. */
const lookPauseMinMs = 1_000;
/** A certificate that served this long counts as good: the next refusal is answered at once again. */
const healthyAfterMs = 300_000;

/**
 * Keeps one client certificate: loads it, enrols when it is absent, expired, damaged, rejected or not of its key, renews it
 * at half of its life. Each enrolment makes a new key inside the process. The old certificate serves until the new one is
 * in hand. A certificate that another process put into the same store is taken over instead of enrolling a second one.
 */
export class CertificateKeeper {
  readonly #o: CertificateKeeperOptions;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #metrics: CertificateMetrics;
  readonly #listeners = new Set<() => void>();
  #held: HeldCertificate | undefined;
  #rejectedSerial: string | undefined;
  #lastError: string | undefined;
  #wake = new AbortController();

  constructor(options: CertificateKeeperOptions) {
    this.#o = options;
    this.#random = options.random ?? Math.random;
    this.#metrics = certificateMetrics(options.metrics);
    this.#backoff = new Backoff({
      baseMs: retryBaseMs,
      maxMs: retryMaxMs,
      healthyAfterMs: healthyAfterMs,
      clock: options.clock,
      random: this.#random,
    });
  }

  /** What to dial with now; without `cert` and `key` before the first certificate. */
  current(): ClientTls {
    const identity = this.#held?.identity;
    const ca = this.#o.caPem ?? (identity?.caPem || undefined);
    return {
      ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
      ...(identity === undefined
        ? {}
        : { cert: Buffer.from(identity.certificatePem), key: Buffer.from(identity.privateKeyPem) }),
    };
  }

  /** Calls `listener` after each swap; returns the function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves once there is a certificate; rejects with the signal's reason. Needs `run` to be going. */
  async available(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#held !== undefined) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => reject(signal.reason);
    const unsubscribe = this.onChange(resolve);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The server refused the certificate (revoked, unknown authority): enrol a new one, meanwhile keep it. */
  reject(reason: string, serial: string | undefined = this.#held?.serial): void {
    if (serial === undefined || serial !== this.#held?.serial || serial === this.#rejectedSerial) return;
    this.#rejectedSerial = serial;
    this.#o.log.warn({ serial, reason }, 'the client certificate is refused by the server, asks for another');
    this.#wake.abort();
  }

  state(): CertificateKeeperState {
    const held = this.#held;
    const lastError = this.#lastError === undefined ? {} : { lastError: this.#lastError };
    if (held === undefined) return { status: 'absent', ...lastError };
    const { serial, notAfterMs, renewalDueMs } = held;
    const expired = this.#o.clock.nowMs() >= notAfterMs;
    const status = expired ? 'expired' : serial === this.#rejectedSerial ? 'rejected' : 'valid';
    return { status, serial, notAfterMs, renewalDueMs, ...lastError };
  }

  /**
   * Works until the signal; failures are repeated with backoff, and each new one is logged. @throws what is no
   * OperationalError: a mistake of the program
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let waitMs: number;
      try {
        await this.#round(signal);
        this.#lastError = undefined;
        this.#backoff.succeeded();
        waitMs = this.#untilNextLookMs();
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof OperationalError)) throw error;
        waitMs = this.#backoff.nextDelayMs();
        const level = error.message === this.#lastError ? 'debug' : 'warn';
        this.#lastError = error.message;
        this.#o.log[level](
          { err: error, delayMs: waitMs },
          "can't keep the client certificate up to date, tries again",
        );
      }
      await this.#rest(waitMs, signal);
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    let storeError: unknown;
    const stored = await this.#o.store.load(signal).catch((error: unknown) => {
      // With a certificate in hand an unreadable store must not stop its renewal.
      if (this.#held === undefined) throw storeUnavailable(error);
      storeError = error;
      return undefined;
    });
    const problem = stored && this.#adoptIfBetter(stored);
    const reason = enrolmentReason(this.#held, this.#situation());
    if (reason !== undefined)
      await this.#enrol(reason === 'absent' && problem !== undefined ? problem : reason, signal);
    if (storeError !== undefined) throw storeUnavailable(storeError);
    const identity = this.#held?.identity;
    if (identity !== undefined && stored?.certificatePem !== identity.certificatePem) {
      if (reason === undefined)
        this.#o.log.warn({ serial: this.#held?.serial }, 'the stored client certificate is lost, stores it again');
      await this.#o.store.save(identity, signal).catch((error: unknown) => {
        throw storeUnavailable(error);
      });
    }
  }

  /** Returns what is wrong with the stored one, if anything. */
  #adoptIfBetter(stored: IdentityCertificate): EnrolmentReason | undefined {
    const problem = certificateProblem(stored, this.#o.clock.nowMs());
    if (problem !== undefined) return problem;
    const candidate = holdCertificate(stored, { random: this.#random() });
    if (isBetter(candidate, this.#held, this.#situation())) this.#swap(candidate, 'store');
    return undefined;
  }

  async #enrol(reason: EnrolmentReason, signal: AbortSignal): Promise<void> {
    const { commonName, sanUri, clock } = this.#o;
    try {
      const key = await generateKeyPair();
      const csrPem = await createCsr({ key, commonName, ...(sanUri === undefined ? {} : { sanUri }) });
      const answer = await this.#o.enrol(csrPem, signal);
      const identity: IdentityCertificate = {
        certificatePem: answer.certificatePem,
        privateKeyPem: key.privateKeyPem,
        // Kept from the last answer when this one names none.
        caPem: answer.caPem || (this.#held?.identity.caPem ?? ''),
      };
      const problem = certificateProblem(identity, clock.nowMs());
      if (problem !== undefined) {
        throw new OperationalError(
          'certificate_unusable',
          `the authority gave a certificate that can't be used (${problem})`,
        );
      }
      this.#swap(holdCertificate(identity, { random: this.#random(), obtainedAtMs: clock.nowMs() }), reason);
    } catch (error) {
      this.#metrics.enrolled(reason, 'failed');
      throw error;
    }
    this.#metrics.enrolled(reason, 'ok');
  }

  #swap(next: HeldCertificate, reason: EnrolmentReason | 'store'): void {
    this.#held = next;
    const { serial, notAfterMs, renewalDueMs } = next;
    this.#metrics.inUse(notAfterMs);
    this.#o.log.info({ serial, notAfterMs, renewalDueMs, reason }, 'uses a new client certificate');
    for (const listener of this.#listeners) listener();
  }

  #situation(): { nowMs: number; rejectedSerial: string | undefined } {
    return { nowMs: this.#o.clock.nowMs(), rejectedSerial: this.#rejectedSerial };
  }

  #untilNextLookMs(): number {
    const limit = this.#o.checkIntervalMs ?? checkIntervalMs;
    const due = (this.#held?.renewalDueMs ?? 0) - this.#o.clock.nowMs();
    return Math.min(limit, Math.max(lookPauseMinMs, due));
  }

  /** Until the time is up, or the certificate is rejected: then a backoff, lest refused certificates are asked for in a circle. */
  async #rest(waitMs: number, signal: AbortSignal): Promise<void> {
    await sleep(waitMs, AbortSignal.any([signal, this.#wake.signal]));
    if (!this.#wake.signal.aborted || signal.aborted) return;
    this.#wake = new AbortController();
    await sleep(this.#backoff.nextDelayMs(), signal);
  }
}

function storeUnavailable(cause: unknown): OperationalError {
  return new OperationalError('certificate_store_unavailable', "the store of the client certificate can't be used", {
    cause,
  });
}
