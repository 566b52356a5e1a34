/** Header names of the NATS server (ADR-4, 8, 31, 43, 50) that the bus writes or reads. */
export const HEADER = {
  msgId: 'Nats-Msg-Id',
  ttl: 'Nats-TTL',
  expectedStream: 'Nats-Expected-Stream',
  expectedLastSubjectSequence: 'Nats-Expected-Last-Subject-Sequence',
  expectedLastSubjectSequenceSubject: 'Nats-Expected-Last-Subject-Sequence-Subject',
  batchId: 'Nats-Batch-Id',
  batchSequence: 'Nats-Batch-Sequence',
  batchCommit: 'Nats-Batch-Commit',
  sequence: 'Nats-Sequence',
  timeStamp: 'Nats-Time-Stamp',
  subject: 'Nats-Subject',
  messageSize: 'Nats-Msg-Size',
  lastConsumer: 'Nats-Last-Consumer',
  /** SHA-256 over the canonical form of a record (ours). */
  digest: 'Kestrel-Digest',
} as const;

/** The header that lets the server drop a message after `ttlMs` (whole seconds, rounded up, at least 1 s). */
export function ttlHeader(ttlMs: number): Record<string, string> {
  return { [HEADER.ttl]: `${Math.max(1, Math.ceil(ttlMs / 1_000))}s` };
}
