/** A request with everything known, as a proxy sees it. */
export interface ProxyRequest {
  /** SPIFFE identity without `spiffe://`; undefined: plaintext. */
  readonly principal: string | undefined;
  readonly sourceIp: string;
  readonly remoteIp: string;
  readonly destinationIp: string;
  readonly port: number;
  /** Empty: none. */
  readonly sni: string;
  /** Undefined on connections without HTTP. */
  readonly http:
    | {
        readonly method: string;
        readonly path: string;
        readonly host: string;
        readonly headers: Readonly<Record<string, string>>;
      }
    | undefined;
  /** Of a valid token; none: no token. */
  readonly claims: Readonly<Record<string, unknown>>;
}
