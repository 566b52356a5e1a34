/** One NATS user. A service that needs both accounts has a user in each. */
export type UserName =
  | 'ingester'
  | 'flow-collector'
  | 'als-gateway'
  | 'executor-data'
  | 'executor-control'
  | 'applier'
  | 'uplink-data'
  | 'uplink-control'
  | 'inspector'
  | 'inspector-control';
