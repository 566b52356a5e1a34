import { z } from 'zod';
import { type KubeObject, readKubeObject } from './kube-object.ts';
import { type KubeStatus, readStatus } from './kube-error.ts';
import type { Line } from './line-splitter.ts';
import { withoutManagedFields } from './managed-fields.ts';
import { METADATA_PATH, undecodable, type Undecodable } from './undecodable.ts';

/** One event of a watch (meta/v1 WatchEvent), decoded. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  | { readonly type: 'ERROR'; readonly status: KubeStatus }
  | { readonly type: 'UNDECODABLE'; readonly info: Undecodable };

const envelopeSchema = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.unknown(),
});

const bookmarkSchema = z.object({
  metadata: z.object({
    resourceVersion: z.string().min(1),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});

/** Marks the bookmark that ends the initial events of a WatchList (KEP-3157). */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Decodes one line. What can't be used becomes an UNDECODABLE event; nothing is thrown. */
export function decodeWatchLine(line: Line, type: { apiVersion: string; kind: string }): WatchEvent {
  if (line.kind === 'too_long') {
    const detail = 'larger than the limit for one event';
    return lost(line.start, { reason: 'too_large', detail, bytes: line.length });
  }
  const { bytes } = line;
  let value: unknown;
  try {
    value = JSON.parse(withoutManagedFields(bytes, METADATA_PATH.event));
  } catch {
    // V8's message quotes the text, which may be anything: it is not passed on.
    return lost(bytes, { reason: 'not_json', detail: 'not valid JSON', bytes: bytes.length });
  }
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success) {
    return lost(bytes, { reason: 'unexpected_shape', detail: 'not a watch event', bytes: bytes.length });
  }
  const event = readEvent(envelope.data.type, envelope.data.object, type);
  return 'problem' in event
    ? lost(bytes, { reason: 'unexpected_shape', detail: event.problem, bytes: bytes.length })
    : event;
}

function readEvent(
  eventType: z.infer<typeof envelopeSchema>['type'],
  value: unknown,
  type: { apiVersion: string; kind: string },
): WatchEvent | { problem: string } {
  switch (eventType) {
    case 'BOOKMARK': {
      const bookmark = bookmarkSchema.safeParse(value);
      if (!bookmark.success) return { problem: 'a bookmark without a resourceVersion' };
      const { resourceVersion, annotations } = bookmark.data.metadata;
      return { type: 'BOOKMARK', resourceVersion, initialEventsEnd: annotations?.[INITIAL_EVENTS_END] === 'true' };
    }
    case 'ERROR': {
      const status = readStatus(value);
      return status === undefined ? { problem: 'an ERROR event without a Status' } : { type: 'ERROR', status };
    }
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const read = readKubeObject(value, type);
      return 'problem' in read ? read : { type: eventType, object: read.object };
    }
  }
}

function lost(start: Buffer, o: { reason: Undecodable['reason']; detail: string; bytes: number }): WatchEvent {
  return { type: 'UNDECODABLE', info: undecodable('event', start, o) };
}
