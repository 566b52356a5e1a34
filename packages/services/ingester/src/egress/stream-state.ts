import { type Bus, HEADER, lastPerSubject, subjects } from '@kestrel/bus';
import type { Logger } from '@kestrel/runtime';

/** Everything that objects are written under; the fences stand there too. */
const FILTER = 'kestrel.resources.>';

/** A kind, whatever its version. */
export interface KindKey {
  readonly group: string;
  readonly kind: string;
}

/**
 * What stands in KESTREL_RESOURCES: the digest of each object's last record, by kind. Objects with a tombstone are not in
 * it. Bounded by the subjects of the stream.
 */
export class StreamState {
  readonly #byKind = new Map<string, Map<string, string>>();

  /**
   * Reads it by headers alone. Take the fence first: then nobody else can write any more.
   * @throws OperationalError see `lastPerSubject`
   */
  static async read(bus: Bus, o: { signal: AbortSignal; log: Logger }): Promise<StreamState> {
    const state = new StreamState();
    for await (const message of lastPerSubject(bus, 'KESTREL_RESOURCES', FILTER, { ...o, headersOnly: true })) {
      const key = subjects.parseResource(message.subject);
      const digest = message.header(HEADER.digest);
      if (key !== undefined && digest !== undefined) state.set(key, message.subject, digest);
    }
    return state;
  }

  digest(kind: KindKey, subject: string): string | undefined {
    return this.#byKind.get(keyOf(kind))?.get(subject);
  }

  set(kind: KindKey, subject: string, digest: string): void {
    const known = this.#byKind.get(keyOf(kind));
    if (known === undefined) this.#byKind.set(keyOf(kind), new Map([[subject, digest]]));
    else known.set(subject, digest);
  }

  /** Replaces the strings of a scan, each of which keeps a whole header block in memory, by equal ones. */
  adopt(kind: KindKey, subject: string, digest: string): void {
    this.delete(kind, subject);
    this.set(kind, subject, digest);
  }

  /** True when there was something to delete. */
  delete(kind: KindKey, subject: string): boolean {
    return this.#byKind.get(keyOf(kind))?.delete(subject) ?? false;
  }

  /** The subjects of one kind. */
  subjectsOf(kind: KindKey): string[] {
    return [...(this.#byKind.get(keyOf(kind))?.keys() ?? [])];
  }

  /** All kinds that have, or had, objects in the stream. */
  kinds(): KindKey[] {
    return [...this.#byKind.keys()].map((key) => {
      const [kind = '', ...group] = key.split('/');
      return { kind, group: group.join('/') };
    });
  }

  get size(): number {
    let size = 0;
    for (const known of this.#byKind.values()) size += known.size;
    return size;
  }
}

function keyOf({ group, kind }: KindKey): string {
  return `${kind}/${group}`;
}
