import { lastPerSubject, streamEpoch, subjects, type Bus, type ResourceKey } from '@kestrel/bus';
import { OperationalError, type Logger } from '@kestrel/runtime';
import { connectAs } from '../connect-as.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { openConnection, type Invocation } from '../invocation.ts';
import { jsonDocument } from '../output-format.ts';
import { UsageError } from '../usage-error.ts';
import { headerPairs, viewEvent, type EventView } from './event-view.ts';
import { groupOf, streamNamed } from './selection.ts';
import { eventLine } from './summary.ts';

/** Options of `events get`: a place in a stream, or an object. */
export interface GetOptions {
  readonly stream?: string | undefined;
  readonly seq?: number | undefined;
  readonly kind?: string | undefined;
  readonly group?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly output: 'text' | 'json';
}

/** So many objects of one name are told apart; there are more kinds of one name in no cluster. */
const OBJECTS_MAX = 16;

/** Shows one event: the one at a place, or the last record of an object. */
export async function get(of: Invocation, options: GetOptions): Promise<ExitCode> {
  const read = reading(options);
  const { connection } = await openConnection(of);
  await using bus = await connectAs('inspector', connection, of.log);
  const event = await read(bus, of.log);
  await of.out.write(options.output === 'json' ? jsonDocument(event) : renderEvent(event));
  return EXIT.ok;
}

/** What the options ask for. @throws UsageError for neither, or both */
function reading(options: GetOptions): (bus: Bus, log: Logger) => Promise<EventView> {
  const { stream, seq, kind, group, namespace, name } = options;
  const byPlace = stream !== undefined && seq !== undefined;
  const byObject = kind !== undefined && name !== undefined;
  const mixed = byPlace ? [kind, name, group, namespace] : [stream, seq];
  if (byPlace === byObject || mixed.some((option) => option !== undefined)) {
    throw new UsageError('say either --stream and --seq, or --kind and --name with --namespace and --group');
  }
  if (byPlace) {
    const known = streamNamed(stream);
    return async (bus) => await atPlace(bus, known, seq);
  }
  const parts: Partial<ResourceKey> = {
    ...(kind !== undefined && { kind }),
    ...(name !== undefined && { name }),
    ...(group !== undefined && { group: groupOf(group) }),
    ...(namespace !== undefined && { namespace }),
  };
  return async (bus, log) => await lastOf(bus, parts, log);
}

async function atPlace(bus: Bus, stream: ReturnType<typeof streamNamed>, seq: number): Promise<EventView> {
  const { firstSeq, lastSeq } = await streamEpoch(bus, stream);
  const manager = await bus.manager();
  const found = await manager.direct.getMessage(stream, { seq }).catch((cause: unknown) => {
    throw new OperationalError('stream_unreadable', `stream ${stream} cannot be read`, { cause });
  });
  if (found === null) {
    throw new OperationalError(
      'not_found',
      `${stream} holds nothing at ${seq}; it goes from ${firstSeq} to ${lastSeq}`,
    );
  }
  const { header, subject, time, data } = found;
  const headers = header.keys().map((name) => [name, header.get(name)] as const);
  return viewEvent(stream, { subject, seq: found.seq, time, data, headers });
}

async function lastOf(bus: Bus, parts: Partial<ResourceKey>, log: Logger): Promise<EventView> {
  const found: EventView[] = [];
  const stream = 'KESTREL_RESOURCES';
  for await (const message of lastPerSubject(bus, stream, subjects.resourceFilter(parts), { log })) {
    const { subject, seq, time, data } = message;
    const event = viewEvent(stream, { subject, seq, time, data, headers: headerPairs(message.headers) });
    // A subject that is written meanwhile is delivered again, newer.
    const known = found.findIndex((earlier) => earlier.subject === subject);
    if (known >= 0) found.splice(known, 1);
    found.push(event);
    if (found.length >= OBJECTS_MAX) break;
  }
  const [event, ...others] = found;
  if (event === undefined) {
    const text = `${stream} holds no ${parts.kind ?? ''} ${parts.name ?? ''} there; kinds are written as in manifests (Pod)`;
    throw new OperationalError('not_found', text);
  }
  if (others.length > 0) {
    const names = found.map(({ subject }) => describe(subjects.parseResource(subject))).join(', ');
    throw new UsageError(`there are several: ${names}; say --namespace or --group`);
  }
  return event;
}

function describe(key: ResourceKey | undefined): string {
  if (key === undefined) return '?';
  return `${key.kind} ${key.namespace || '(cluster)'}/${key.name} of group ${key.group || 'core'}`;
}

function renderEvent(event: EventView): string {
  const { stream, seq, time, subject, attributes, headers, data, undecodable } = event;
  const fields = Object.entries({ stream, seq, time, subject, ...attributesOf(attributes), ...headers });
  const width = Math.max(...fields.map(([name]) => name.length));
  const head = fields.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
  const body = typeof data === 'string' ? `${data}\n` : jsonDocument(data);
  return `${eventLine(event)}\n${head}\n${undecodable === undefined ? '' : `undecodable: ${undecodable}\n`}${body}`;
}

function attributesOf(attributes: EventView['attributes']): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
}
