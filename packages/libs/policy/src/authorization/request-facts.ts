import type { Address } from '../address/address.ts';
import type { Enforcement } from './compiled-policy.ts';
import type { Facts, HttpFacts, Principal } from './facts.ts';
import { normalizePath } from './normalize-path.ts';
import { pathForm, type PathForm } from './path-form.ts';
import type { AuthorizationRequest } from './request.ts';
import { addressesOf } from './source.ts';

/** What the facts of a request are read from. */
export interface Asked {
  readonly request: AuthorizationRequest;
  readonly chain: Enforcement;
  readonly sourceAddresses: () => readonly Address[];
  readonly destinationAddresses: () => readonly Address[];
  readonly spaceDelimitedClaims: (request: AuthorizationRequest) => ReadonlySet<string>;
}

/** The facts of a request on one chain, with one of the identities that its source may show. */
export class RequestFacts implements Facts {
  readonly principal: Principal;
  readonly port: number;
  readonly sni: string | undefined;
  readonly http: HttpFacts;
  readonly claims: Facts['claims'];
  readonly #asked: Asked;

  constructor(asked: Asked, http: HttpFacts, principal: Principal) {
    const { request } = asked;
    this.principal = principal;
    this.port = request.destination.port;
    this.sni = request.sni;
    this.http = http;
    this.claims = request.jwt?.claims;
    this.#asked = asked;
  }

  sourceAddresses(): readonly Address[] {
    return this.#asked.sourceAddresses();
  }

  destinationAddresses(): readonly Address[] {
    return this.#asked.destinationAddresses();
  }

  remoteAddresses(): readonly Address[] {
    return clientAddresses(this.#asked, this.http);
  }

  spaceDelimitedClaims(): ReadonlySet<string> {
    return this.#asked.spaceDelimitedClaims(this.#asked.request);
  }
}

/** A connection's client is its peer; so is a request's that is known to carry no X-Forwarded-For. */
function clientAddresses({ request, chain, sourceAddresses }: Asked, { header }: HttpFacts): readonly Address[] {
  const { source, http } = request;
  if (source.remoteIp !== undefined) return addressesOf([source.remoteIp]);
  if (chain === 'tcp') return http === undefined ? sourceAddresses() : [];
  return header !== undefined && header('x-forwarded-for') === undefined ? sourceAddresses() : [];
}

/** What is known of a request's HTTP part. */
export function httpFacts(http: AuthorizationRequest['http']): HttpFacts {
  return http === undefined ? nothingKnown : new RequestHttp(http);
}

const nothingKnown: HttpFacts = {
  method: undefined,
  path: undefined,
  host: undefined,
  header: undefined,
  normalPath: () => undefined,
  pathForm: () => undefined,
};

/** Reads its path once, however many rules ask for it. */
class RequestHttp implements HttpFacts {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly host: string | undefined;
  readonly header: HttpFacts['header'];
  readonly #pathTemplate: string | undefined;
  #normalPath: string | undefined;
  #pathForm: PathForm | undefined;

  constructor({ method, path, pathTemplate, host, headers }: NonNullable<AuthorizationRequest['http']>) {
    this.method = method;
    this.path = path;
    this.host = host;
    this.#pathTemplate = path === undefined ? pathTemplate : undefined;
    this.header = headers && ((name) => Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1]);
  }

  normalPath(): string | undefined {
    if (this.path === undefined) return undefined;
    return (this.#normalPath ??= normalizePath(this.path));
  }

  pathForm(): PathForm | undefined {
    if (this.#pathTemplate === undefined) return undefined;
    return (this.#pathForm ??= pathForm(this.#pathTemplate));
  }
}
