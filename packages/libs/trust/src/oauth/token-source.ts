import { Backoff, OperationalError } from '@kestrel/runtime';
import type { Clock, Logger, Metrics } from '@kestrel/runtime';
import type { Dispatcher } from 'undici';
import { issuerFetch } from './issuer-fetch.ts';
import type { HttpProxy } from './issuer-fetch.ts';
import { refreshSchedule } from './refresh-schedule.ts';
import type { RefreshSchedule } from './refresh-schedule.ts';
import { tokenMetrics } from './token-metrics.ts';
import type { TokenMetrics } from './token-metrics.ts';
import { TokenRequest } from './token-request.ts';
import type { TokenRequestOptions } from './token-request.ts';

/** A token source's settings; times and limits are constants of this package. */
export interface TokenSourceOptions extends TokenRequestOptions {
  /** Roots to trust for the issuer, PEM, instead of the public ones. */
  readonly caPem?: string;
  readonly proxy?: HttpProxy;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics?: Metrics;
  /** In [0, 1); spreads refreshes. Math.random when not given. */
  readonly random?: () => number;
}

/** What a token source knows of itself, for status pages. Never the token. */
export interface TokenSourceState {
  /** `none` before the first token and after `invalidate`; `expired` when it could not be renewed in time. */
  readonly status: 'none' | 'valid' | 'expired';
  readonly expiresAtMs?: number;
  readonly refreshDueMs?: number;
  /** Of the latest request, while it is the latest. */
  readonly lastError?: { readonly code: string; readonly message: string };
}

/** Bearer tokens of one OAuth2 client. */
export interface TokenSource extends AsyncDisposable {
  /**
   * A token good for at least the next seconds. Waits for the issuer only when there is none; near the expiry the one in
   * hand is returned and its successor fetched behind it. All callers share one request. A signal ends the caller's wait
   * with its reason, not the request. Rejects with an OperationalError: `oauth_unreachable`, `oauth_tls_unverified`,
   * `oauth_discovery_failed`, `oauth_client_rejected`, `oauth_request_refused`, `oauth_token_failed`, `oauth_key_invalid`,
   * `closed`. Callers repeat by their own backoff.
   */
  token(signal?: AbortSignal): Promise<string>;
  /** Drops the token (the server refused it). With `rejected`, only if that one is still in use. */
  invalidate(rejected?: string): void;
  /** Epoch milliseconds at which the token in hand expires by the issuer's word. */
  expiresAtMs(): number | undefined;
  state(): TokenSourceState;
}

interface HeldToken extends RefreshSchedule {
  readonly accessToken: string;
}

const retryBaseMs = 1_000;
const retryMaxMs = 30_000;
/** Longest delay that setTimeout takes. */
const timerMaxMs = 2_147_483_647;

/**
 * A token source for `issuer`. Nothing is sent before the first `token()`; from then on the token is renewed ahead of its
 * expiry until disposed. Throws OperationalError `oauth_issuer_insecure` (final) unless the issuer is an https URL:
 * credentials are never sent in the clear.
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  if (!URL.canParse(options.issuer) || new URL(options.issuer).protocol !== 'https:') {
    throw new OperationalError('oauth_issuer_insecure', `the OAuth2 issuer ${options.issuer} is not an https URL`, {
      retryable: false,
    });
  }
  return new OAuthTokenSource(options);
}

class OAuthTokenSource implements TokenSource {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #metrics: TokenMetrics;
  readonly #request: TokenRequest;
  readonly #dispatcher: Dispatcher;
  readonly #retry: Backoff;
  #held: HeldToken | undefined;
  #inFlight: Promise<string> | undefined;
  #lastError: OperationalError | undefined;
  /** Of the token in hand: its refreshDueMs, later the next attempt after a failed one. */
  #renewAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: TokenSourceOptions) {
    const { fetch, dispatcher } = issuerFetch(options);
    this.#dispatcher = dispatcher;
    this.#request = new TokenRequest(options, fetch);
    this.#log = options.log.child({ issuer: options.issuer, clientId: options.clientId });
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.#metrics = tokenMetrics(options.metrics);
    this.#retry = new Backoff({ baseMs: retryBaseMs, maxMs: retryMaxMs, random: this.#random });
  }

  async token(signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    if (this.#closed) throw new OperationalError('closed', 'the token source is closed', { retryable: false });
    const held = this.#held;
    if (held !== undefined && this.#clock.nowMs() < held.usableUntilMs) {
      if (this.#clock.nowMs() >= this.#renewAtMs && this.#inFlight === undefined) this.#refreshBehind();
      return held.accessToken;
    }
    return await unlessAborted(this.#fetch(), signal);
  }

  invalidate(rejected?: string): void {
    if (rejected !== undefined && rejected !== this.#held?.accessToken) return;
    this.#held = undefined;
    this.#cancelTimer();
  }

  expiresAtMs(): number | undefined {
    return this.#held?.expiresAtMs;
  }

  state(): TokenSourceState {
    const held = this.#held;
    const lastError = this.#lastError;
    return {
      status: held === undefined ? 'none' : this.#clock.nowMs() < held.expiresAtMs ? 'valid' : 'expired',
      ...(held === undefined ? {} : { expiresAtMs: held.expiresAtMs, refreshDueMs: held.refreshDueMs }),
      ...(lastError === undefined ? {} : { lastError: { code: lastError.code, message: lastError.message } }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.invalidate();
    const inFlight = this.#inFlight;
    await this.#dispatcher.destroy();
    // Its callers get the error; here it is only waited for.
    await inFlight?.catch(() => undefined);
  }

  #fetch(): Promise<string> {
    this.#inFlight ??= this.#fetchOnce().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #fetchOnce(): Promise<string> {
    try {
      const { accessToken, lifetimeMs } = await this.#request.send();
      const schedule = refreshSchedule({ obtainedAtMs: this.#clock.nowMs(), lifetimeMs, random: this.#random() });
      if (this.#closed) throw new OperationalError('closed', 'the token source is closed', { retryable: false });
      this.#held = { accessToken, ...schedule };
      this.#lastError = undefined;
      this.#retry.succeeded();
      this.#metrics.requested('ok');
      this.#metrics.obtained(schedule.expiresAtMs);
      this.#log.debug(
        { expiresAtMs: schedule.expiresAtMs, refreshDueMs: schedule.refreshDueMs },
        'gets an access token',
      );
      this.#scheduleRefresh(schedule.refreshDueMs);
      return accessToken;
    } catch (error) {
      if (this.#closed)
        throw new OperationalError('closed', 'the token source is closed', { retryable: false, cause: error });
      if (error instanceof OperationalError) {
        this.#lastError = error;
        this.#metrics.requested(error.code);
      }
      throw error;
    }
  }

  /** Renewal while the token in hand still serves: a failure is logged and repeated, callers don't see it. */
  #refreshBehind(): void {
    this.#cancelTimer();
    this.#fetch().catch((error: unknown) => {
      // Without a token in hand it is the next caller's request that counts.
      if (this.#closed || this.#held === undefined) return;
      const delayMs = this.#retry.nextDelayMs();
      this.#log.warn(
        { err: error, delayMs, expiresAtMs: this.#held.expiresAtMs },
        "can't renew the access token, tries again",
      );
      this.#scheduleRefresh(this.#clock.nowMs() + delayMs);
    });
  }

  /** The timer serves an idle process; token() looks at the clock itself, which also holds after a suspend. */
  #scheduleRefresh(atMs: number): void {
    this.#cancelTimer();
    this.#renewAtMs = atMs;
    const delayMs = atMs - this.#clock.nowMs();
    const timer = setTimeout(() => this.#refreshBehind(), Math.min(Math.max(0, delayMs), timerMaxMs));
    timer.unref();
    this.#timer = timer;
  }

  #cancelTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** `work`, or the signal's reason if that comes first. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Lost the race or never decided: nobody else looks at it.
    work.catch(() => undefined);
  }
}
