import { subjects } from '@kestrel/bus';
import { type Finding, LossReason, ResourceDeleted_Reason } from '@kestrel/proto/events';
import { type Clock, TimeSlice } from '@kestrel/runtime';
import type { Kind } from '../../kinds/kind.ts';
import { type JsonObject, object, text } from '../json.ts';
import { judgeShrink, type ShrinkRule } from '../mass-shrink.ts';
import type { AnnotationFilter } from '../normalize/annotation-filter.ts';
import { type Normalized, normalize } from '../normalize/normalize.ts';
import { NotNormalized } from '../normalize/not-normalized.ts';
import { readController } from '../ownership/controller.ts';
import { decodeRecord, encodeRecord, objectRef } from '../record.ts';
import { Entry } from './entry.ts';
import { Joins } from './joins.ts';
import { KindState } from './kind-state.ts';
import type { Loss, MirrorListener } from './mirror-listener.ts';
import { StaleEntries } from './stale-entries.ts';

export interface MirrorOptions {
  readonly kinds: readonly Kind[];
  readonly annotations: AnnotationFilter;
  /** Workloads listed per policy. */
  readonly selectedWorkloadsMax: number;
  /** How long changes of other objects gather before a record that depends on them is made anew. */
  readonly joinDelayMs: number;
  readonly shrinkRule: ShrinkRule;
  readonly clock: Clock;
  /** A programmer's error in a background task. */
  readonly onFailure: (error: unknown) => void;
}

/** Identity of an object that could not be read, as far as it is known. */
export interface PartialRef {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string | undefined;
}

/**
 * The cluster's present state as records, with joins: what an active ingester writes and a standby holds ready. Fed by one
 * reflector per kind; everything but the refreshing of joins happens in the feeding call. Bounded by the cluster's objects.
 */
export class Mirror implements AsyncDisposable {
  readonly #o: MirrorOptions;
  readonly #joins: Joins;
  readonly #stale: StaleEntries;
  readonly #states: ReadonlyMap<Kind, KindState>;
  readonly #listeners = new Set<MirrorListener>();
  readonly #completion = Promise.withResolvers<void>();
  #isComplete = false;

  constructor(o: MirrorOptions) {
    this.#o = o;
    this.#states = new Map(o.kinds.map((kind) => [kind, new KindState(kind, o.clock)]));
    this.#stale = new StaleEntries({
      delayMs: o.joinDelayMs,
      prepare: () => this.#joins.catchUp(),
      refresh: (entry) => this.#refresh(entry),
      onFailure: o.onFailure,
    });
    this.#joins = new Joins({ workloadsMax: o.selectedWorkloadsMax, onStale: (entry) => this.#stale.add(entry) });
    for (const id of ['Pod', 'Namespace']) {
      if (!o.kinds.some((kind) => kind.id === id)) this.#joins.setBlind(id, 'not ingested');
    }
  }

  /** Tells the listener of each change from now on; returns the way to stop that. */
  listen(listener: MirrorListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get kinds(): Iterable<KindState> {
    return this.#states.values();
  }

  kind(kind: Kind): KindState {
    const state = this.#states.get(kind);
    if (state === undefined) throw new Error(`the mirror has no kind ${kind.id}`);
    return state;
  }

  /**
   * Resolves when every kind has been synced, or is known to be unavailable, and the joins between them are made: from
   * then on the records are what they should be, but for changes of the last moment.
   */
  get whenComplete(): Promise<void> {
    return this.#completion.promise;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** An object's present state, in this API version. */
  upsert(kind: Kind, version: string, source: JsonObject): void {
    let record: Normalized;
    try {
      record = normalize(kind, version, source, this.#o.annotations);
    } catch (error) {
      if (!(error instanceof NotNormalized)) throw error;
      this.unreadable(kind, partialRef(source), { reason: LossReason.NOT_NORMALIZED, detail: error.message });
      return;
    }
    const state = this.kind(kind);
    const subject = subjects.resource(record.ref);
    const entry = state.entries.get(subject) ?? new Entry(kind, { ...record.ref, subject });
    state.saw(entry);
    state.unreadable.delete(subject);
    this.#joins.attach(entry, record, readController(source));
    this.#stale.delete(entry);
    state.entries.set(subject, entry);
    this.#store(entry, record);
  }

  /** The object is gone. One that has since been replaced by another of the same name is not. */
  deleted(kind: Kind, ref: PartialRef): void {
    const state = this.kind(kind);
    const subject = this.#subjectOf(kind, ref);
    if (subject === undefined) return;
    const lost = state.unreadable.get(subject);
    state.unreadable.delete(subject);
    const entry = state.entries.get(subject);
    if (entry !== undefined && (entry.uid === ref.uid || lost?.object.uid === ref.uid))
      this.#remove(state, entry, ResourceDeleted_Reason.WATCHED);
    else if (entry === undefined && lost !== undefined) {
      // An earlier process may have written a record of it.
      this.#tell((listener) =>
        listener.removed({ kind, subject, ref: lost.object, reason: ResourceDeleted_Reason.WATCHED }),
      );
    }
  }

  /** An object exists but has no record: its last one, if there is any, stays. */
  unreadable(kind: Kind, ref: PartialRef | undefined, problem: { reason: LossReason; detail: string }): void {
    const state = this.kind(kind);
    const subject = ref === undefined ? undefined : this.#subjectOf(kind, ref);
    const loss: Loss = { ...problem, object: lostRef(kind, ref) };
    if (subject === undefined) {
      state.sawUnidentified();
      this.#tell((listener) => listener.lost(loss));
      return;
    }
    const entry = state.entries.get(subject);
    if (entry !== undefined) state.saw(entry);
    if (state.addUnreadable(subject, loss)) this.#tell((listener) => listener.lost(loss));
  }

  syncStarted(kind: Kind): void {
    const state = this.kind(kind);
    state.beginSync();
  }

  /** Every object of the kind has been seen since syncStarted. True when a second list must confirm that many are gone. */
  async syncFinished(kind: Kind): Promise<boolean> {
    const state = this.kind(kind);
    const { gone, known } = state.unseen();
    const { remove, hold } = judgeShrink(this.#o.shrinkRule, {
      known,
      gone: gone.map((entry) => entry.subject),
      held: state.held,
    });
    state.held = new Set(hold);
    await this.#removeAll(state, remove, ResourceDeleted_Reason.NOT_LISTED);
    if (hold.length > 0) this.report(massShrink(kind, { known, gone: hold.length, where: 'the API server' }));
    state.enter('synced');
    this.#joins.setBlind(kind.id, undefined);
    this.#settled(kind);
    return hold.length > 0;
  }

  /** Nothing new can be known of the kind's objects now. */
  unavailable(kind: Kind, reason: string): void {
    this.kind(kind).enter('unavailable', reason);
    this.#joins.setBlind(kind.id, reason);
    this.#settled(kind);
  }

  /** The API server does not have the kind (any more), so it has no objects. */
  async notServed(kind: Kind): Promise<void> {
    const state = this.kind(kind);
    state.enter('not_served');
    state.unreadable.clear();
    state.held = new Set();
    await this.#removeAll(state, [...state.entries.keys()], ResourceDeleted_Reason.KIND_GONE);
    this.#settled(kind);
  }

  #settled(kind: Kind): void {
    this.#tell((listener) => listener.settled(kind));
    if (this.#isComplete || ![...this.#states.values()].every((state) => state.isSettled)) return;
    void this.#complete();
  }

  /** Resolves when the joins of all that changed before are made. */
  async refreshed(): Promise<void> {
    await this.#stale.refreshed(); // chains of owners that came late, and the workloads of pods under them
    await this.#stale.refreshed(); // the policies that select those
  }

  async #complete(): Promise<void> {
    await this.refreshed();
    this.#isComplete = true;
    this.#completion.resolve();
  }

  /** Passes a finding on to whoever publishes them. */
  report(finding: Finding): void {
    this.#tell((listener) => listener.found(finding));
  }

  async #removeAll(state: KindState, gone: readonly string[], reason: ResourceDeleted_Reason): Promise<void> {
    const slice = new TimeSlice();
    for (const subject of gone) {
      const entry = state.entries.get(subject);
      if (entry !== undefined) this.#remove(state, entry, reason);
      if (slice.due) await slice.yield();
    }
  }

  #remove(state: KindState, entry: Entry, reason: ResourceDeleted_Reason): void {
    state.entries.delete(entry.subject);
    this.#joins.detach(entry);
    this.#stale.delete(entry);
    const ref = decodeRecord(entry.bytes).ref ?? objectRef({ kind: entry.kind, name: entry.name });
    this.#tell((listener) => listener.removed({ kind: entry.type, subject: entry.subject, ref, reason }));
  }

  #refresh(entry: Entry): void {
    if (this.kind(entry.type).entries.get(entry.subject) !== entry) return;
    const record = decodeRecord(entry.bytes);
    this.#joins.complete(entry, record);
    this.#store(entry, record);
  }

  #store(entry: Entry, record: ReturnType<typeof decodeRecord>): void {
    const { bytes, digest } = encodeRecord(record);
    if (digest === entry.digest) return;
    entry.bytes = bytes;
    entry.digest = digest;
    this.#tell((listener) => listener.changed(entry));
  }

  #subjectOf(kind: Kind, ref: PartialRef): string | undefined {
    if (kind.namespaced && (ref.namespace ?? '') === '') return undefined;
    const namespace = kind.namespaced ? (ref.namespace ?? '') : '';
    return subjects.resource({ group: kind.group, kind: kind.kind, namespace, name: ref.name });
  }

  #tell(event: (listener: MirrorListener) => void): void {
    for (const listener of this.#listeners) event(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stale[Symbol.asyncDispose]();
  }
}

function partialRef(source: JsonObject): PartialRef | undefined {
  const metadata = object(source['metadata']);
  const name = text(metadata['name']);
  if (name === '') return undefined;
  return { namespace: text(metadata['namespace']), name, uid: text(metadata['uid']) };
}

function lostRef(kind: Kind, ref: PartialRef | undefined): Loss['object'] {
  return objectRef({
    group: kind.group,
    kind: kind.kind,
    namespace: ref?.namespace ?? '',
    name: ref?.name ?? '',
    uid: ref?.uid ?? '',
  });
}

/** The finding that many objects are gone at once and their removal waits for confirmation. */
export function massShrink(kind: Kind, o: { known: number; gone: number; where: string }): Finding {
  return {
    code: 'mass_shrink_held',
    summary:
      `${o.gone} of ${o.known} objects of kind ${kind.id} are missing at ${o.where}: ` +
      'they are kept until a second list confirms it',
    objects: [],
  };
}
