import { subjects } from '@kestrel/bus';
import { ResourceDeleted_Reason } from '@kestrel/proto/events';
import { judgeShrink, type ShrinkRule } from '../core/mass-shrink.ts';
import type { KindState } from '../core/mirror/kind-state.ts';
import type { Gone } from '../core/mirror/mirror-listener.ts';
import { objectRef } from '../core/record.ts';

/** What to do about objects of a kind that stand in the stream but not in the mirror. */
export interface LeftoverVerdict {
  readonly remove: readonly string[];
  readonly hold: readonly string[];
  readonly reason: ResourceDeleted_Reason;
}

const NOTHING: LeftoverVerdict = { remove: [], hold: [], reason: ResourceDeleted_Reason.UNSPECIFIED };

/**
 * Judges the records of a kind that an earlier writer left behind. They go when the kind has been listed in full, or is
 * not served, or is no longer ingested at all; while the kind can't be read nobody knows, and they stay.
 */
export function judgeLeftovers(
  rule: ShrinkRule,
  o: { written: readonly string[]; state: KindState | undefined; held: ReadonlySet<string> },
): LeftoverVerdict {
  const { written, state, held } = o;
  if (state === undefined) return { ...NOTHING, remove: written, reason: ResourceDeleted_Reason.KIND_GONE };
  const gone = written.filter((subject) => isGone(state, subject));
  switch (state.phase) {
    case 'waiting':
    case 'unavailable':
      return NOTHING;
    case 'not_served':
      return { ...NOTHING, remove: gone, reason: ResourceDeleted_Reason.KIND_GONE };
    case 'synced':
      if (state.hasUnidentified) return NOTHING; // any of them may be the one
      return {
        ...judgeShrink(rule, { known: written.length, gone, held }),
        reason: ResourceDeleted_Reason.NOT_LISTED,
      };
  }
}

/** Whether the mirror knows of no object under the subject. */
export function isGone(state: KindState, subject: string): boolean {
  return !state.entries.has(subject) && !state.isUnreadable(subject);
}

/** The tombstone of an object of which only the subject is known. */
export function goneBySubject(
  subject: string,
  reason: ResourceDeleted_Reason,
): Pick<Gone, 'subject' | 'ref' | 'reason'> {
  const key = subjects.parseResource(subject);
  if (key === undefined) throw new Error(`${subject} names no object`);
  return { subject, ref: objectRef(key), reason };
}
