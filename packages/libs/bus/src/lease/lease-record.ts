import { OperationalError } from '@kestrel/runtime';
import { z } from 'zod';

const leaseRecord = z.object({
  holder: z.string().min(1),
  term: z.number().int().positive(),
  renewals: z.number().int().nonnegative(),
});
const termRecord = z.object({ term: z.number().int().nonnegative() });

/** Who holds a lease. */
export interface LeaseRecord {
  /** Unique per start of a process, so that nobody takes an earlier life's lease for its own. */
  readonly holder: string;
  readonly term: number;
  /** Counts the renewals of this term: tells apart which of several unanswered renewals was stored. */
  readonly renewals: number;
}

/** Reads a lease's value; `undefined` for anything else (an older format, a person's hand): such a lease holds nobody. */
export function readLeaseRecord(data: Uint8Array): LeaseRecord | undefined {
  return leaseRecord.safeParse(parseJson(data)).data;
}

/** Reads the highest term; 0 for anything else. */
export function readTerm(data: Uint8Array): number {
  return termRecord.safeParse(parseJson(data)).data?.term ?? 0;
}

export function encodeRecord(record: LeaseRecord | { readonly term: number }): Uint8Array {
  return Buffer.from(JSON.stringify(record));
}

/** Terms end here: no honest one comes near, and all below have a next that a record can hold. */
export const TERM_MAX = 2 ** 48;

/**
 * The term of a new holder: above all terms that were ever seen, also by those who outlive the bucket.
 * @throws OperationalError `term_invalid` when one of them has no next: somebody made it up, and a record with a term
 * beyond the safe integers could be read by nobody
 */
export function nextTerm(...seen: readonly number[]): number {
  const invalid = seen.find((term) => !Number.isSafeInteger(term) || term >= TERM_MAX);
  if (invalid !== undefined) {
    throw new OperationalError('term_invalid', `${invalid} was given as a term, and none can follow it`);
  }
  return Math.max(0, ...seen) + 1;
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    // Not JSON is not a record; the caller treats it as none.
    return undefined;
  }
}
