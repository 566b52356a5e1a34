// What travels on the bus, one module a family of messages.
export * from './gen/kestrel/events/v1/identity.ts';
export * from './gen/kestrel/events/v1/ledger.ts';
export * from './gen/kestrel/events/v1/resource.ts';
export * from './gen/kestrel/events/v1/specs.ts';
export * from './gen/kestrel/events/v1/traffic.ts';
export { EVENT_TYPES, type EventType } from './event-types.ts';
