import type { KubeObject, ReflectorSink, SyncResult, Unavailable, Undecodable } from '@kestrel/kube';
import { LossReason } from '@kestrel/proto/events';
import type { Mirror } from '../core/mirror/mirror.ts';
import type { Kind } from '../kinds/kind.ts';

export interface KindSinkOptions {
  readonly mirror: Mirror;
  readonly kind: Kind;
  /** API version that the objects come in. */
  readonly version: string;
  /** Asks for a full sync; `confirm`: only after a while, to see whether the server still says the same. */
  readonly onSyncWanted: (reason: string, o: { confirm: boolean }) => void;
}

/** What a reflector delivers, into the mirror. */
export class KindSink implements ReflectorSink {
  readonly #o: KindSinkOptions;

  constructor(o: KindSinkOptions) {
    this.#o = o;
  }

  syncStarted(): void {
    this.#o.mirror.syncStarted(this.#o.kind);
  }

  upsert(source: KubeObject): void {
    this.#o.mirror.upsert(this.#o.kind, this.#o.version, source);
  }

  deleted(source: KubeObject): void {
    const { namespace, name, uid } = source.metadata;
    this.#o.mirror.deleted(this.#o.kind, { namespace, name, uid });
  }

  async syncFinished(_result: SyncResult): Promise<void> {
    const unconfirmed = await this.#o.mirror.syncFinished(this.#o.kind);
    if (unconfirmed) this.#o.onSyncWanted('confirm a mass shrink', { confirm: true });
  }

  undecodable(info: Undecodable): void {
    if (info.event === 'DELETED') {
      this.#o.onSyncWanted('a deletion could not be read', { confirm: false });
      return;
    }
    const reason = info.reason === 'too_large' ? LossReason.OVERSIZE : LossReason.UNDECODABLE;
    this.#o.mirror.unreadable(this.#o.kind, info.ref, { reason, detail: `${info.detail} (${info.bytes} bytes)` });
  }

  unavailable(reason: Unavailable): void {
    // Whether a kind with a CRD is gone for good is discovery's word: a starting API server says 404 too.
    if (reason === 'not_served' && this.#o.kind.origin === 'crd') return;
    this.#o.mirror.unavailable(this.#o.kind, reason);
  }
}
