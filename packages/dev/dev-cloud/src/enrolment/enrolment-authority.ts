import { OperationalError } from '@kestrel/runtime';
import type { Clock, Logger } from '@kestrel/runtime';
import { CertificateAuthority } from './certificate-authority.ts';
import type { SignedCertificate } from './certificate-authority.ts';
import { CertificateLedger } from './certificate-ledger.ts';
import type { LedgerEntry } from './certificate-ledger.ts';
import { readCertificateRequest } from './certificate-request.ts';
import { clusterSpiffeId, isClusterId } from './cluster-name.ts';

/** What of a client's verified certificate is looked at; a part of `@kestrel/grpc`'s PeerIdentity. */
export interface PeerCertificate {
  readonly serialNumber: string;
  readonly commonName: string;
  readonly uris: readonly string[];
}

/** Why a client certificate is not good enough although TLS verified it. */
export type PeerProblem = 'revoked' | 'wrong_cluster';

/** An enrolment authority's settings. */
export interface EnrolmentAuthorityOptions {
  /** Holds the root and the ledger; made when absent. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Life of a client certificate. Default 24 hours. */
  readonly lifetimeMs?: number;
}

const defaultLifetimeMs = 86_400_000;

/**
 * Gives client certificates to clusters: the name is the cluster's, whatever the request says; the key is the request's.
 * Root, issued and revoked serials survive a kill -9.
 */
export class EnrolmentAuthority {
  /** Root that client certificates chain to, PEM: the endpoint's client CA. */
  readonly caPem: string;
  /** Of certificates from now on; a test makes it short. */
  lifetimeMs: number;
  readonly #ca: CertificateAuthority;
  readonly #ledger: CertificateLedger;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listeners = new Set<(serials: readonly string[]) => void>();

  private constructor(ca: CertificateAuthority, ledger: CertificateLedger, o: EnrolmentAuthorityOptions) {
    this.caPem = ca.certificatePem;
    this.lifetimeMs = o.lifetimeMs ?? defaultLifetimeMs;
    this.#ca = ca;
    this.#ledger = ledger;
    this.#clock = o.clock;
    this.#log = o.log;
  }

  static async open(o: EnrolmentAuthorityOptions): Promise<EnrolmentAuthority> {
    const { directory, clock } = o;
    const ca = await CertificateAuthority.open({ directory, name: 'Kestrel dev cloud clients', clock });
    return new EnrolmentAuthority(ca, new CertificateLedger(directory), o);
  }

  /**
   * Certifies the request's key for `clusterId`, which must come from a verified token. Throws OperationalErrors (final)
   * of `readCertificateRequest`, `csr_wrong_name` when the request asks for any other name, `cluster_id_invalid`.
   */
  async enrol(o: { csrPem: string; clusterId: string }): Promise<SignedCertificate> {
    const { clusterId } = o;
    if (!isClusterId(clusterId)) throw refusal('cluster_id_invalid', "the cluster id can't stand in a certificate");
    const request = await readCertificateRequest(o.csrPem);
    const spiffeId = clusterSpiffeId(clusterId);
    const foreign = request.names.filter((name) => name !== `url:${spiffeId}`);
    if ((request.commonName ?? clusterId) !== clusterId || foreign.length > 0) {
      throw refusal('csr_wrong_name', `the certificate request asks for a name that is not cluster ${clusterId}'s`);
    }
    const signed = await this.#ca.sign(request.publicKey, {
      commonName: clusterId,
      names: [{ type: 'url', value: spiffeId }],
      usage: 'client',
      lifetimeMs: this.lifetimeMs,
    });
    const { serial, notAfterMs } = signed;
    this.#ledger.add({ serial, clusterId, notAfterMs }, this.#clock.nowMs());
    this.#log.info({ clusterId, serial, notAfterMs }, 'issues a client certificate');
    return signed;
  }

  /** What is wrong with a certificate that TLS verified, for a call that says it is `clusterId`. */
  peerProblem(peer: PeerCertificate, clusterId: string): PeerProblem | undefined {
    if (this.#ledger.isRevoked(peer.serialNumber.toLowerCase())) return 'revoked';
    const named =
      peer.commonName === clusterId && isClusterId(clusterId) && peer.uris.includes(clusterSpiffeId(clusterId));
    return named ? undefined : 'wrong_cluster';
  }

  /** Issued certificates that are not over. */
  issued(): readonly LedgerEntry[] {
    return this.#ledger.issued;
  }

  isRevoked(serial: string): boolean {
    return this.#ledger.isRevoked(serial.toLowerCase());
  }

  /** Revokes a serial (hex) for ever. */
  revoke(serial: string): void {
    this.#revoke([serial.toLowerCase()]);
  }

  /** Revokes all that were issued so far. */
  revokeAll(): void {
    this.#revoke(this.#ledger.issued.map(({ serial }) => serial));
  }

  /** Calls `listener` with newly revoked serials (lower-case hex), so that their streams can be ended. */
  onRevoked(listener: (serials: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #revoke(serials: readonly string[]): void {
    const fresh = this.#ledger.revoke(serials);
    if (fresh.length === 0) return;
    this.#log.info({ serials: fresh }, 'revokes client certificates');
    for (const listener of this.#listeners) listener(fresh);
  }
}

function refusal(code: string, message: string): OperationalError {
  return new OperationalError(code, message, { retryable: false });
}
