import { type EventIds, eventHeaders, type Outgoing, RESOURCE_EVENT_BYTES_MAX, ttlHeader } from '@kestrel/bus';
import { EVENT_TYPES, ResourceDeleted, ResourceOversize } from '@kestrel/proto/events';
import type { Clock } from '@kestrel/runtime';
import type { Entry } from '../core/mirror/entry.ts';
import type { Gone } from '../core/mirror/mirror-listener.ts';
import { decodeRecord } from '../core/record.ts';

export interface ResourceMessagesOptions {
  readonly ids: EventIds;
  /** URI reference of this writer. */
  readonly source: string;
  readonly tombstoneTtlMs: number;
  readonly clock: Clock;
}

/** Messages of KESTREL_RESOURCES. */
export class ResourceMessages {
  readonly #o: ResourceMessagesOptions;

  constructor(o: ResourceMessagesOptions) {
    this.#o = o;
  }

  /** An object's present state, or a stub in its place when it is larger than a message may be. */
  observed(entry: Entry): Outgoing {
    const { bytes, digest, subject } = entry;
    if (bytes.length <= RESOURCE_EVENT_BYTES_MAX) {
      return this.#message(subject, EVENT_TYPES.resourceObserved, bytes, { digest });
    }
    const { ref } = decodeRecord(bytes);
    const stub = ResourceOversize.toJSON({ ref, sizeBytes: BigInt(bytes.length), digest });
    return this.#message(subject, EVENT_TYPES.resourceOversize, json(stub), { digest });
  }

  /** The object is gone. The server drops the tombstone after its time. */
  deleted(gone: Pick<Gone, 'subject' | 'ref' | 'reason'>): Outgoing {
    const body = json(ResourceDeleted.toJSON({ ref: gone.ref, reason: gone.reason }));
    const message = this.#message(gone.subject, EVENT_TYPES.resourceDeleted, body, {});
    return { ...message, headers: { ...message.headers, ...ttlHeader(this.#o.tombstoneTtlMs) } };
  }

  #message(subject: string, type: string, data: Buffer, o: { digest?: string }): Outgoing {
    const id = this.#o.ids.next();
    const time = new Date(this.#o.clock.nowMs());
    return { subject, msgId: id, data, headers: eventHeaders({ id, source: this.#o.source, type, time, ...o }) };
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
