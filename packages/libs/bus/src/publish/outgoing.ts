/** One message to publish. The body is carried as it is. */
export interface Outgoing {
  readonly subject: string;
  /** Further headers; `Nats-Msg-Id` comes from `msgId`, fences from the publisher. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly data: Uint8Array;
  /** Unique for ever, fixed when the record was made, reused only to publish the very same record again (`EventIds`). */
  readonly msgId: string;
}

/** Where one message was stored. `duplicate`: it was stored already, by an earlier attempt. */
export interface Stored {
  readonly seq: number;
  readonly duplicate: boolean;
}

/** Where a batch was stored: the sequence of its last message, and how many messages it has. */
export interface StoredBatch {
  readonly seq: number;
  readonly count: number;
}
