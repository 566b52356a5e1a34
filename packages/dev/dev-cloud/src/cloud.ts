import { GoAway_Reason } from '@kestrel/proto/cloud';
import { OperationalError, type Clock, type Logger } from '@kestrel/runtime';
import { Cluster } from './cluster.ts';
import { issueCommand, sendSigned, type CommandOrder, type SentCommand } from './control/command-desk.ts';
import { applyFaults, type FaultOrder } from './control/fault-request.ts';
import type { EnrolmentAuthority } from './enrolment/enrolment-authority.ts';
import { Faults } from './faults.ts';
import type { OidcIssuer } from './issuer/oidc-issuer.ts';
import type { ClusterDirectory } from './onboarding/cluster-directory.ts';
import type { CommandSigner } from './onboarding/command-signer.ts';

/** What a cloud is made of. */
export interface CloudOptions {
  readonly dataDir: string;
  readonly directory: ClusterDirectory;
  readonly signer: CommandSigner;
  readonly issuer: OidcIssuer;
  readonly enrolment: EnrolmentAuthority;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The cloud behind its doors: the clusters that it has, and what can be done to them. */
export class Cloud implements Disposable {
  readonly faults = new Faults();
  readonly #o: CloudOptions;
  readonly #clusters = new Map<string, Cluster>();
  readonly #stopListening: () => void;
  #draining = false;

  constructor(o: CloudOptions) {
    this.#o = o;
    for (const { id } of o.directory.list()) this.#open(id);
    this.#stopListening = o.enrolment.onRevoked((serials) => this.#endRevoked(serials));
  }

  /** The cluster of that id or name; the only one, when none is named. Throws OperationalError `cluster_unknown`. */
  cluster(idOrName?: string): Cluster {
    const known = this.#o.directory.list();
    const wanted = idOrName === undefined && known.length === 1 ? known[0]?.id : idOrName;
    const entry = known.find(({ id, name }) => id === wanted || name === wanted);
    const cluster = entry && this.#clusters.get(entry.id);
    if (cluster) return cluster;
    const message = `which cluster? There are: ${known.map(({ name }) => name).join(', ') || 'none'}`;
    throw new OperationalError('cluster_unknown', message, { retryable: false });
  }

  /** Of exactly that id. */
  clusterById(id: string): Cluster | undefined {
    return this.#clusters.get(id);
  }

  onboard(name: string): Cluster {
    const { id } = this.#o.directory.onboard(name);
    return this.#clusters.get(id) ?? this.#open(id);
  }

  applyFaults(order: FaultOrder, idOrName?: string): { forgotten: number } {
    const cluster = this.cluster(idOrName);
    const clientId = this.#o.directory.list().find(({ id }) => id === cluster.id)?.clientId ?? '';
    const { issuer, enrolment } = this.#o;
    this.#o.log.info({ faults: order, clusterId: cluster.id }, 'fault switches change');
    return applyFaults(order, { faults: this.faults, cluster, clientId, issuer, enrolment });
  }

  async issueCommand(order: CommandOrder, idOrName?: string): Promise<SentCommand> {
    return await issueCommand(this.cluster(idOrName), order, this.#o);
  }

  /** Sends bytes as a signed command, whoever signed them. */
  async sendSigned(
    command: { id: string; signed: string; ttlMs: number; waitMs: number },
    idOrName?: string,
  ): Promise<SentCommand> {
    const { id, signed, ttlMs, waitMs } = command;
    const issuedMs = this.#o.clock.nowMs();
    return await sendSigned(this.cluster(idOrName), { id, signed, issuedMs, expiresMs: issuedMs + ttlMs }, waitMs);
  }

  /** What each cluster looks like from here. */
  status(): unknown {
    return this.#o.directory.list().map(({ id, name }) => {
      const { session, reader } = this.cluster(id);
      return {
        id,
        name,
        session: session ? { id: session.id, instance: session.instance, term: session.term } : null,
        cursors: reader.cursors(),
        counts: reader.counts(),
        violations: reader.violations().length,
        gaps: reader.gaps().length,
      };
    });
  }

  /** True once it takes no sessions any more. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Ends every session in order and takes no new ones. */
  drain(): void {
    this.#draining = true;
    for (const { session } of this.#clusters.values())
      session?.end({ reason: GoAway_Reason.DRAINING, message: 'the cloud stops' });
  }

  /** Closes the stores; nothing may use them any more. */
  [Symbol.dispose](): void {
    this.drain();
    this.#stopListening();
    for (const cluster of this.#clusters.values()) cluster[Symbol.dispose]();
  }

  #open(id: string): Cluster {
    const cluster = new Cluster({ id, dataDir: this.#o.dataDir, nowMs: () => this.#o.clock.nowMs() });
    this.#clusters.set(id, cluster);
    return cluster;
  }

  #endRevoked(serials: readonly string[]): void {
    for (const { session } of this.#clusters.values()) {
      if (session && serials.includes(session.certificateSerial))
        session.end({ reason: GoAway_Reason.UNAUTHENTICATED, message: 'the client certificate is revoked' });
    }
  }
}
