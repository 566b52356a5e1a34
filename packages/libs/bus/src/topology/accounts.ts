/**
 * NATS accounts. Two, because the server does not check a request's reply subject against the sender's publish rights:
 * whoever may send any request could otherwise write any subject of its account by naming it as reply. Nothing crosses
 * from one account to the other (no imports, no exports).
 */
export const ACCOUNTS = ['DATA', 'CONTROL'] as const;

/** `DATA` holds what is seen of the cluster, `CONTROL` holds commands, results, audit and their buckets. */
export type Account = (typeof ACCOUNTS)[number];
