/** A client's certificate with its key, all PEM. */
export interface IdentityCertificate {
  /** Leaf first. */
  readonly certificatePem: string;
  /** PKCS#8. */
  readonly privateKeyPem: string;
  /** Roots to trust for the server, if the authority named them; empty when it did not. */
  readonly caPem: string;
}

/** Where an enrolled certificate is kept between starts. Several processes may share one. */
export interface CertificateStore {
  /** What is kept; undefined when there is nothing, or nothing whole. Rejects when the store itself can't be read. */
  load(signal?: AbortSignal): Promise<IdentityCertificate | undefined>;
  /** Replaces what is kept, all of it or nothing. */
  save(identity: IdentityCertificate, signal?: AbortSignal): Promise<void>;
}

/** Keeps it as long as the object lives. */
export function memoryCertificateStore(initial?: IdentityCertificate): CertificateStore {
  let kept = initial;
  return {
    load: async () => kept,
    save: async (identity) => {
      kept = identity;
    },
  };
}
