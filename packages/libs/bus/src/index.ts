export { BUCKETS, bucketStream, bucketSubject } from './topology/buckets.ts';
export type { BucketName, BucketSpec } from './topology/buckets.ts';
export { ACCOUNTS } from './topology/accounts.ts';
export type { Account } from './topology/accounts.ts';
export { natsServerConfig } from './topology/server-config.ts';
export type { ServerConfigOptions } from './topology/server-config.ts';
export {
  PAYLOAD_BYTES_MAX,
  RESOURCE_EVENT_BYTES_MAX,
  RESULT_CHUNK_BYTES_MAX,
  STREAM_NAMES,
  STREAMS,
} from './topology/streams.ts';
export type { StreamName, StreamSpec } from './topology/streams.ts';
export type { UserName } from './topology/user-names.ts';
export { USER_NAMES, USERS } from './topology/users.ts';
export type { UserSpec } from './topology/users.ts';

export { leaseKey, subjects } from './subjects/subjects.ts';
export type { ResourceKey } from './subjects/subjects.ts';
export { escapeToken, unescapeToken } from './subjects/tokens.ts';

export type { Bus, BusEvent, BusOptions, BusStatus } from './connection/bus.ts';
export { connectBus } from './connection/connect-bus.ts';
export { userKeyFromSeed } from './connection/user-key.ts';
export type { UserKey } from './connection/user-key.ts';

export { ensureBuckets, ensureStreams } from './ensure/ensure-topology.ts';
export type { StreamOverrides } from './ensure/stream-overrides.ts';
export { newEpoch, streamEpoch } from './epoch/stream-epoch.ts';
export type { StreamEpoch } from './epoch/stream-epoch.ts';

export { HEADER, ttlHeader } from './api/header-names.ts';
export { canonicalJson, digest } from './events/canonical-json.ts';
export { decodeHeaderValue, encodeHeaderValue, eventHeaders } from './events/event-headers.ts';
export type { EventAttributes } from './events/event-headers.ts';
export { EventIds } from './events/event-ids.ts';

export { CoalescingPublisher } from './publish/coalescing-publisher.ts';
export type { BatchSink, CoalescingOptions } from './publish/coalescing-publisher.ts';
export { Fence } from './publish/fence.ts';
export type { FenceHeaders, FenceOptions } from './publish/fence.ts';
export type { Outgoing, Stored, StoredBatch } from './publish/outgoing.ts';
export { BATCH_MESSAGES_MAX, Publisher } from './publish/publisher.ts';
export type { PublisherOptions } from './publish/publisher.ts';
export type { ResetReason } from './publish/stream-watch.ts';

export { LEASE_MARGIN_MS, LEASE_RENEW_MS, LEASE_TTL_MS, LeaseElection } from './lease/lease-election.ts';
export type { ElectionState, LeaseOptions } from './lease/lease-election.ts';
export type { HeldLease } from './lease/held-lease.ts';

export { lastPerSubject } from './read/last-per-subject.ts';
export type { LastPerSubjectOptions } from './read/last-per-subject.ts';
export { orderedReader } from './read/ordered-reader.ts';
export type { OrderedReaderOptions } from './read/ordered-reader.ts';
export type { StoredMessage } from './read/stored-message.ts';

export { lastMessage } from './api/direct-get.ts';
export type { LastMessage } from './api/direct-get.ts';
