import { STREAMS, STREAM_NAMES, subjects, type StreamName } from '@kestrel/bus';
import { UsageError } from '../usage-error.ts';

/** Which messages are meant: a stream, and the filter that its server applies. */
export interface Selection {
  readonly stream: StreamName;
  readonly filter: string;
}

/** What the command line says of them. */
export interface Wanted {
  readonly streams: readonly string[];
  readonly kind?: string | undefined;
  readonly group?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Only records of objects have kinds and namespaces. */
const OF_OBJECTS: StreamName = 'KESTREL_RESOURCES';

/**
 * The streams and their subject filters. Without a stream: all of the DATA account, or the objects' if a kind, group or
 * namespace is given. Pure.
 * @throws UsageError for an unknown or unreadable stream, and for filters that it cannot have
 */
export function selections(wanted: Wanted): Selection[] {
  const parts = {
    ...(wanted.kind !== undefined && { kind: wanted.kind }),
    ...(wanted.group !== undefined && { group: groupOf(wanted.group) }),
    ...(wanted.namespace !== undefined && { namespace: wanted.namespace }),
  };
  const filtered = Object.keys(parts).length > 0;
  const named = [...new Set(wanted.streams.map(streamNamed))];
  if (!filtered) return (named.length === 0 ? READABLE : named).map((stream) => ({ stream, filter: allOf(stream) }));
  const other = named.find((stream) => stream !== OF_OBJECTS);
  if (other !== undefined) {
    throw new UsageError(`only ${OF_OBJECTS} has kinds, groups and namespaces, ${other} has not`);
  }
  return [{ stream: OF_OBJECTS, filter: subjects.resourceFilter(parts) }];
}

const READABLE: readonly StreamName[] = STREAM_NAMES.filter((name) => STREAMS[name].account === 'DATA');

/** A stream by its name, in any case and with or without `KESTREL_`. @throws UsageError */
export function streamNamed(text: string): StreamName {
  const upper = text.toUpperCase();
  const name = STREAM_NAMES.find((known) => known === upper || known === `KESTREL_${upper}`);
  if (name === undefined) throw new UsageError(`there is no stream ${text}: ${READABLE.join(', ')}`);
  if (!READABLE.includes(name)) {
    throw new UsageError(
      `kestrelctl may not read ${name}: its user inspector-control sees no commands, results or audit`,
    );
  }
  return name;
}

/** "core" is how people call the group without a name. */
export function groupOf(text: string): string {
  return text === 'core' ? '' : text;
}

/** Everything in a stream. Its subjects as they stand: a filter of a stream must be within them. */
function allOf(stream: StreamName): string {
  const [subject, ...more] = STREAMS[stream].subjects;
  if (subject === undefined || more.length > 0) throw new Error(`${stream} does not have exactly one subject`);
  return subject;
}
