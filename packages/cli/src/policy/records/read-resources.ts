import { resolve } from 'node:path';
import type { Resource } from '@kestrel/proto/events';
import { z } from 'zod';
import { reasonOf } from '../../failure-line.ts';
import { issueLines } from '../../issue-lines.ts';
import type { InputError } from '../input/input-error.ts';
import { jsonLines, type JsonLine } from '../input/json-lines.ts';
import { unwrap } from './cloud-event.ts';
import { resource, resourceDeleted, resourceOversize } from './resource-messages.ts';

type Ref = NonNullable<Resource['ref']>;

/** Present records by object; an error stands in for an object that is known to be there but can't be used. */
type Present = Map<string, Resource | InputError>;

/**
 * Reads files of Resource records, one in JSON a line, bare or as the data of an event, in the order in which they were
 * written: the last record of an object holds, and a tombstone takes it out. A record that was too large is an error while
 * it is the object's last: what depends on the object can't be told.
 */
export async function readResources(
  files: readonly string[],
  cwd: string,
): Promise<{ resources: readonly Resource[]; errors: readonly InputError[] }> {
  const present: Present = new Map();
  const errors: InputError[] = [];
  for (const file of files) {
    try {
      for await (const line of jsonLines(resolve(cwd, file))) {
        const source = `${file}:${line.line}`;
        const message = apply(present, line, source);
        if (message !== undefined) errors.push({ source, message, code: 'invalid' });
      }
    } catch (error) {
      errors.push({ source: file, message: reasonOf(error), code: 'unreadable' });
    }
  }
  const resources: Resource[] = [];
  for (const record of present.values()) {
    if ('message' in record) errors.push(record);
    else resources.push(record);
  }
  return { resources, errors };
}

function apply(present: Present, line: JsonLine, source: string): string | undefined {
  if ('error' in line) return line.error;
  const { type, data, kind = type === undefined ? 'resource' : undefined } = unwrap(line.value);
  switch (kind) {
    case 'resource':
      return take(resource, data, (record) => void (record.ref && present.set(keyOf(record.ref), record)));
    case 'deleted':
      return take(resourceDeleted, data, ({ ref }) => void (ref && present.delete(keyOf(ref))));
    case 'oversize':
      return take(resourceOversize, data, ({ ref, sizeBytes }) => {
        if (ref === undefined) return;
        const message = `the record of ${ref.kind} ${ref.namespace}/${ref.name} was left out: ${sizeBytes} bytes`;
        present.set(keyOf(ref), { source, message, code: 'too_large' });
      });
    case 'fence':
      return undefined;
    default:
      return `events of type ${type ?? '?'} hold no resources`;
  }
}

function take<T>(schema: z.ZodType<T>, data: unknown, use: (value: T) => void): string | undefined {
  const read = schema.safeParse(data);
  if (!read.success) return issueLines(read.error).join('; ');
  use(read.data);
  return undefined;
}

/** One object over its lives and API versions. */
function keyOf({ group, kind, namespace, name }: Ref): string {
  return JSON.stringify([group, kind, namespace, name]);
}
