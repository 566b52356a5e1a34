/** Why a version can't be watched from (any more), so that a full sync is needed. */
export type StaleReason =
  | 'expired' // 410: compacted away
  | 'server_behind' // the server's version is lower than ours: its store was restored from an older copy
  | 'not_comparable' // the server's versions are not numbers
  | 'no_bookmark' // neither event nor bookmark, although the server is ahead
  | 'requested'; // the consumer asked for it

/** Ends a watch; a full sync follows. Internal to the reflector. */
export class StaleVersion extends Error {
  override readonly name = 'StaleVersion';
  readonly reason: StaleReason;

  constructor(reason: StaleReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
