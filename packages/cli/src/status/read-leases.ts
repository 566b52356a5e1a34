import { bucketStream, bucketSubject, HEADER, lastMessage, type Account, type Bus } from '@kestrel/bus';
import { z } from 'zod';
import { reasonOf } from '../failure-line.ts';
import { readJson } from './read-json.ts';
import { streamInfo } from './stream-info.ts';

const BUCKET = 'kestrel_leases';
const PREFIX = bucketSubject(BUCKET, '');
const FROM = `bucket ${BUCKET}`;
/** Beside each lease stands a key that outlives it, with the highest term. */
const TERM_SUFFIX = '.term';
const READ_TIMEOUT_MS = 3_000;
/** More leases than this in one account are counted, not shown. */
const LEASES_MAX = 64;

const leaseSchema = z.object({ holder: z.string(), term: z.number() });
const termSchema = z.object({ term: z.number() });

/** A lease as it stands in its bucket. */
export interface LeaseStatus {
  readonly key: string;
  /** Absent: nobody holds it. */
  readonly holder?: string;
  /** The holder's, or the highest there was. */
  readonly term?: number;
  /** When the server drops it unless it is renewed. */
  readonly expiresAt?: string;
}

/** The leases of one account, or why they could not be read. */
export interface LeasesStatus {
  readonly account: Account;
  readonly from: string;
  readonly error?: string;
  readonly leases: readonly LeaseStatus[];
  /** Leases that were left out. */
  readonly leftOut?: number;
}

/** Reads all leases of the bus's account. */
export async function readLeases(bus: Bus): Promise<LeasesStatus> {
  const base = { account: bus.account, from: FROM };
  try {
    const keys = await leaseKeys(bus);
    if (keys === undefined) return { ...base, error: `there is no bucket ${BUCKET}`, leases: [] };
    const leases = await Promise.all(keys.slice(0, LEASES_MAX).map((key) => readLease(bus, key)));
    return { ...base, leases, ...(keys.length > LEASES_MAX && { leftOut: keys.length - LEASES_MAX }) };
  } catch (error) {
    return { ...base, error: reasonOf(error), leases: [] };
  }
}

/** The same when the account could not be reached at all. */
export function unreadLeases(account: Account, error: string): LeasesStatus {
  return { account, from: FROM, error, leases: [] };
}

/** Keys of leases: of those that are held, and of those whose term is all that is left. */
async function leaseKeys(bus: Bus): Promise<string[] | undefined> {
  const info = await streamInfo(bus, bucketStream(BUCKET), { subjectsFilter: `${PREFIX}>` });
  if (info === undefined) return undefined;
  const keys = Object.keys(info.state.subjects ?? {}).map((subject) => subject.slice(PREFIX.length));
  return [
    ...new Set(keys.map((key) => (key.endsWith(TERM_SUFFIX) ? key.slice(0, -TERM_SUFFIX.length) : key))),
  ].toSorted();
}

async function readLease(bus: Bus, key: string): Promise<LeaseStatus> {
  const [lease, term] = await Promise.all([
    lastMessage(bus, bucketStream(BUCKET), bucketSubject(BUCKET, key), READ_TIMEOUT_MS),
    lastMessage(bus, bucketStream(BUCKET), bucketSubject(BUCKET, `${key}${TERM_SUFFIX}`), READ_TIMEOUT_MS),
  ]);
  const held = lease && leaseSchema.safeParse(readJson(lease.data)).data;
  if (lease && held) {
    const ttlMs = readTtlMs(lease.header(HEADER.ttl));
    const expiresAt = ttlMs === undefined ? {} : { expiresAt: new Date(lease.time.getTime() + ttlMs).toISOString() };
    return { key, holder: held.holder, term: held.term, ...expiresAt };
  }
  const highest = term && termSchema.safeParse(readJson(term.data)).data;
  return { key, ...(highest && { term: highest.term }) };
}

/** `9s`, as the bus writes it; `undefined` for a lease that does not expire. */
function readTtlMs(header: string | undefined): number | undefined {
  const seconds = /^(\d+)s$/.exec(header ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
