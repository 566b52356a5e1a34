import { subjects } from '@kestrel/bus';
import { EVENT_TYPES } from '@kestrel/proto/events';
import { z } from 'zod';
import { oneLine } from '../failure-line.ts';
import type { EventView } from './event-view.ts';

const PREVIEW_CHARS_MAX = 100;
const TYPE_PREFIX = 'ai.usekestrel.';

const ref = z.looseObject({
  group: z.string().optional(),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
});
const text = z.string().optional();
const size = z.union([z.string(), z.number()]).optional();
const list = z.array(z.unknown()).default([]);

type Ref = z.infer<typeof ref>;
type Summarize = (data: unknown) => string | undefined;

/** What each type of event says in one line; proto3 JSON leaves out what is empty. */
const SUMMARIES: Readonly<Record<string, Summarize>> = {
  [EVENT_TYPES.resourceObserved]: reader(
    z.looseObject({ ref, owners: z.array(ref.partial()).default([]) }),
    (resource) => {
      const top = resource.owners.at(-1);
      const owner = top?.kind === undefined ? '' : ` of ${top.kind}/${top.name ?? ''}`;
      return `${object(resource.ref)}${owner}`;
    },
  ),
  [EVENT_TYPES.resourceDeleted]: reader(z.looseObject({ ref, reason: text }), (deleted) => {
    return `${object(deleted.ref)} is gone${because(deleted.reason, 'REASON_')}`;
  }),
  [EVENT_TYPES.resourceOversize]: reader(z.looseObject({ ref, sizeBytes: size }), (oversize) => {
    return `${object(oversize.ref)} is left out: ${oversize.sizeBytes ?? '?'} bytes`;
  }),
  [EVENT_TYPES.lossRecorded]: reader(
    z.looseObject({ source: text, reason: text, count: size, object: ref.optional(), stream: text, detail: text }),
    (loss) =>
      words(
        `${loss.source ?? '?'} lost ${loss.count ?? 'an unknown number'}${because(loss.reason, 'LOSS_REASON_')}`,
        loss.stream,
        loss.object && object(loss.object),
        loss.detail,
      ),
  ),
  [EVENT_TYPES.statusChanged]: reader(
    z.looseObject({ service: text, instance: text, component: text, ready: z.boolean().default(false), reason: text }),
    (change) =>
      words(
        `${change.service ?? '?'} ${change.instance ?? ''}`,
        change.component,
        change.ready ? 'ready' : `not ready: ${change.reason ?? '?'}`,
      ),
  ),
  [EVENT_TYPES.eventRejected]: reader(
    z.looseObject({ stream: text, seq: size, code: text, subject: text }),
    (rejected) => {
      return words(
        `${rejected.stream ?? '?'}#${rejected.seq ?? '?'} is rejected: ${rejected.code ?? '?'}`,
        rejected.subject,
      );
    },
  ),
  [EVENT_TYPES.findingReported]: reader(z.looseObject({ code: text, summary: text }), (finding) => {
    return words(finding.code, finding.summary);
  }),
  [EVENT_TYPES.windowClosed]: reader(z.looseObject({ writer: text, number: size, l4: list, l7: list }), (window) => {
    return `window ${window.number ?? 0} of ${window.writer ?? '?'}: ${window.l4.length} L4 and ${window.l7.length} L7 edges`;
  }),
};

/** One line for people: what the event says. A body that is not as its type promises shows its beginning. Pure. */
export function summarize(event: EventView): string {
  if (event.undecodable !== undefined) return `undecodable: ${event.undecodable}`;
  const said = SUMMARIES[event.attributes['type'] ?? '']?.(event.data);
  if (said !== undefined) return oneLine(said);
  const key = subjects.parseResource(event.subject);
  const preview = typeof event.data === 'string' ? event.data : JSON.stringify(event.data);
  return oneLine(clip(words(key && object(key), preview)));
}

/** The event as one line of text. Pure. */
export function eventLine(event: EventView): string {
  const stream = event.stream.replace('KESTREL_', '').toLowerCase();
  const type = event.attributes['type']?.replace(TYPE_PREFIX, '') ?? '(no event)';
  return `${event.time}  ${stream}#${event.seq}  ${type}  ${event.subject}  ${summarize(event)}\n`;
}

function reader<T>(schema: z.ZodType<T>, say: (data: T) => string): Summarize {
  return (data) => {
    const parsed = schema.safeParse(data);
    return parsed.success ? say(parsed.data) : undefined;
  };
}

function object({ group, kind, namespace, name }: Pick<Ref, 'group' | 'kind' | 'namespace' | 'name'>): string {
  const place = namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
  return `${kind}${group === undefined || group === '' ? '' : `.${group}`} ${place}`;
}

function because(reason: string | undefined, prefix: string): string {
  return reason === undefined ? '' : ` (${reason.replace(prefix, '').toLowerCase().replaceAll('_', ' ')})`;
}

function words(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part.trim() !== '').join(': ');
}

function clip(line: string): string {
  return line.length <= PREVIEW_CHARS_MAX ? line : `${line.slice(0, PREVIEW_CHARS_MAX)}…`;
}
