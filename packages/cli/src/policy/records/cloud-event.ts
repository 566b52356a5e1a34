import { EVENT_TYPES } from '@kestrel/proto/events';
import { z } from 'zod';

const { l4EdgeObserved, l7EdgeObserved, windowClosed, resourceObserved, resourceDeleted, resourceOversize } =
  EVENT_TYPES;

/** What a line may hold. */
export type RecordKind = 'l4' | 'l7' | 'window' | 'resource' | 'deleted' | 'oversize' | 'fence';

const KIND_OF_TYPE: ReadonlyMap<string, RecordKind> = new Map<string, RecordKind>([
  [l4EdgeObserved, 'l4'],
  [l7EdgeObserved, 'l7'],
  [windowClosed, 'window'],
  [resourceObserved, 'resource'],
  [resourceDeleted, 'deleted'],
  [resourceOversize, 'oversize'],
  // A writer's mark in the stream, without data: see bus.
  ['ai.usekestrel.fence.taken.v1', 'fence'],
]);

const subject = z.string().optional();

/** As `kestrelctl events tail -o json` and `./dev cloud events` write lines (by names and by headers), and CloudEvents in JSON. */
const eventSchema = z.union([
  z
    .object({ subject, attributes: z.object({ type: z.string(), subject }), data: z.unknown().optional() })
    .transform(({ attributes, data, ...line }) => ({ ...attributes, ...line, data })),
  z
    .object({ subject, attributes: z.object({ 'ce-type': z.string() }), data: z.unknown().optional() })
    .transform(({ subject: about, attributes, data }) => ({ type: attributes['ce-type'], subject: about, data })),
  z.object({ specversion: z.string(), type: z.string(), subject, data: z.unknown() }),
]);

/** What a line holds. */
export interface Unwrapped {
  readonly kind?: RecordKind;
  /** Of an event; a line that is no event is its own payload. */
  readonly type?: string;
  /** What the event is about: of the bus if it is known, else the event's own. */
  readonly subject?: string;
  readonly data: unknown;
}

/** The payload of a line, with the kind that its event type names. */
export function unwrap(line: unknown): Unwrapped {
  const event = eventSchema.safeParse(line);
  if (!event.success) return { data: line };
  const { type, subject: about, data } = event.data;
  const kind = KIND_OF_TYPE.get(type);
  return { type, data, ...(kind !== undefined && { kind }), ...(about !== undefined && { subject: about }) };
}
