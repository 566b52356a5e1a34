import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SnapshotMark_Kind } from '@kestrel/proto/cloud';
import { pod, podGone } from '../../test/support/events.ts';
import { LedgerFixture } from '../../test/support/ledger-fixture.ts';
import { forgetLast } from './forget.ts';

const stream = 'KESTREL_RESOURCES';

/** What a restored cloud would know. */
const memory = ({ reader, store }: LedgerFixture) => ({
  cursors: reader.cursors(),
  inMemory: store.cursor(stream),
  objects: reader.inventory(),
  counts: reader.counts(),
  snapshots: reader.snapshots(),
  open: store.openSnapshots(),
});

type Step =
  | { readonly kind: 'put' | 'delete'; readonly name: string }
  | { readonly kind: 'epoch' }
  | { readonly kind: 'snapshot'; readonly names: readonly string[]; readonly ends: boolean };

const name = fc.constantFrom('a', 'b', 'c', 'd');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('put' as const, 'delete' as const), name }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'epoch' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('snapshot' as const),
      names: fc.uniqueArray(name),
      ends: fc.boolean(),
    }),
  },
);

/** Plays steps through a session's ledger, each in a transaction of its own. */
class Player {
  readonly #fixture: LedgerFixture;
  #epoch = 0;
  #seq = 0;
  #snapshots = 0;

  constructor(fixture: LedgerFixture) {
    this.#fixture = fixture;
    this.#newEpoch();
    fixture.ledger.commit();
  }

  play(next: Step): void {
    const { ledger } = this.#fixture;
    const epoch = `e${this.#epoch}`;
    if (next.kind === 'epoch') this.#newEpoch();
    else if (next.kind === 'snapshot') this.#snapshot(epoch, next.names, next.ends);
    else {
      this.#seq += 1;
      const event = next.kind === 'put' ? pod(this.#seq, next.name) : podGone(this.#seq, next.name);
      ledger.batch({ stream, epoch, snapshotId: '', events: [event] });
    }
    ledger.commit();
  }

  #newEpoch(): void {
    const previousEpoch = this.#epoch === 0 ? '' : `e${this.#epoch}`;
    this.#epoch += 1;
    this.#seq = 0;
    this.#fixture.ledger.epochChange({ stream, epoch: `e${this.#epoch}`, previousEpoch, reason: '' });
  }

  #snapshot(epoch: string, names: readonly string[], ends: boolean): void {
    const { ledger } = this.#fixture;
    this.#snapshots += 1;
    const snapshotId = `s${this.#snapshots}`;
    const mark = { stream, epoch, snapshotId, sentCount: 0n, sentDigest: '' };
    ledger.snapshotMark({ ...mark, kind: SnapshotMark_Kind.BEGIN, seq: 0n });
    const events = names.map((one, index) => pod(this.#seq + index + 1, one));
    this.#seq += names.length;
    ledger.batch({ stream, epoch, snapshotId, events });
    const snapshot = this.#fixture.store.snapshot(snapshotId);
    if (!ends || !snapshot || snapshot === 'ended') return;
    this.#fixture.store.endSnapshot(snapshot, BigInt(this.#seq), 'complete');
    this.#fixture.store.moveCursor(stream, { epoch, seq: BigInt(this.#seq), timeNs: 0n });
  }
}

describe('forgetting', () => {
  test('given any history, when the last events are forgotten, then the store is what it was before them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 6 }), async (kept, lost) => {
        await using fixture = await LedgerFixture.open();
        const player = new Player(fixture);
        for (const one of [...kept, { kind: 'put' as const, name: 'z' }]) player.play(one);
        const before = memory(fixture);
        const events = () => fixture.reader.counts().reduce((sum, { events: count }) => sum + count, 0);
        const eventsBefore = events();
        fixture.restart();
        player.play({ kind: 'put', name: 'y' });
        for (const one of lost) player.play(one);
        const count = events() - eventsBefore;
        expect(forgetLast(fixture.store, count)).toBe(count);
        expect(memory(fixture)).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });

  test('given fewer events than are to be forgotten, then all are', async () => {
    await using fixture = await LedgerFixture.open();
    new Player(fixture).play({ kind: 'put', name: 'a' });
    expect(forgetLast(fixture.store, 99)).toBe(1);
    expect(fixture.store.cursor(stream)).toBeUndefined();
    expect(fixture.objects()).toEqual([]);
  });
});
