/** The only `typ` of a signed command (RFC 8725 section 3.11: one kind of token is never taken for another). */
export const commandTyp = 'kestrel-command+jws';

/** The only algorithm: Ed25519 signatures (RFC 8037). */
export const commandAlg = 'EdDSA';

/** A signed command's protected header. */
export interface CommandHeader {
  readonly alg: typeof commandAlg;
  readonly typ: typeof commandTyp;
  /** Which pinned key signed it. */
  readonly kid: string;
}
