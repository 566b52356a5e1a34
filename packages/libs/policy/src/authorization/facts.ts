import type { Address } from '../address/address.ts';
import type { CauseCode } from '../model/cause.ts';
import type { PathForm } from './path-form.ts';
import type { Tri } from './tri.ts';

/**
 * A source's identity as far as it is known, without `spiffe://`: `none` has no certificate; otherwise the name begins
 * with `prefix`, and is exactly that when `whole`. A prefix that is not empty ends behind `/sa/`.
 */
export type Principal = 'none' | { readonly prefix: string; readonly whole: boolean };

/** What is known of a request's HTTP part. */
export interface HttpFacts {
  readonly method: string | undefined;
  /** As sent. */
  readonly path: string | undefined;
  /** See normalize-path.ts. */
  normalPath(): string | undefined;
  /** Of a path of which only some parts are known; undefined where it is known whole, or not at all. */
  pathForm(): PathForm | undefined;
  readonly host: string | undefined;
  /** Looks a header up by its lower-case name; undefined where headers are not known. */
  readonly header: ((name: string) => string | undefined) | undefined;
}

/** Everything that conditions look at. Addresses are all that are possible: none means not known; read when asked for. */
export interface Facts {
  readonly principal: Principal;
  sourceAddresses(): readonly Address[];
  remoteAddresses(): readonly Address[];
  destinationAddresses(): readonly Address[];
  readonly port: number;
  readonly sni: string | undefined;
  readonly http: HttpFacts;
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** Claims that hold a list with spaces between (RequestAuthentication spaceDelimitedClaims; scope and permission always). */
  spaceDelimitedClaims(): ReadonlySet<string>;
}

/** What a condition tells of a fact that it would need; the code is `request` where none is given. */
export type OnMissing = (fact: string, code?: CauseCode) => void;

/** A compiled condition. Where the answer is unknown it names the missing fact. */
export type Condition = (facts: Facts, missing: OnMissing) => Tri;
