import type { Cause } from '../model/cause.ts';

/**
 * Requests that an allow rule lets through. Each list that is given must have one that fits; an empty list fits nothing.
 * Source: Cilium's L7Rules and PortRule.serverNames.
 */
export interface Layer7 {
  readonly http?: readonly HttpMatch[];
  readonly dns?: readonly DnsMatch[];
  /** TLS server names, exact or with wildcards as Cilium's, any of them. */
  readonly serverNames?: readonly string[];
  /** Parts that the engine does not know: a request that fits the rest may be denied by them. */
  readonly unknown?: readonly Cause[];
}

/** All given fields must hold. `path`, `method` and `host` are regular expressions that must match whole. */
export interface HttpMatch {
  readonly path?: string;
  readonly method?: string;
  readonly host?: string;
  readonly headers?: readonly HeaderMatch[];
}

/** A header that must be there, with the value where one is given. The name is in lower case. */
export interface HeaderMatch {
  readonly name: string;
  readonly value?: string;
  /** The value it must have is in a Secret, which the engine never sees. */
  readonly secret?: true;
}

/** A DNS question's name. */
export interface DnsMatch {
  readonly exact?: string;
  readonly pattern?: string;
}

/** What is known of one request. Header names in lower case; `path` without query. */
export interface Request {
  readonly http?: {
    readonly method?: string;
    readonly path?: string;
    readonly host?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly sni?: string;
  readonly dnsName?: string;
}
