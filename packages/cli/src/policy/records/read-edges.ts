import { resolve } from 'node:path';
import type { z } from 'zod';
import { reasonOf } from '../../failure-line.ts';
import { issueLines } from '../../issue-lines.ts';
import type { InputError } from '../input/input-error.ts';
import { jsonLines, type JsonLine } from '../input/json-lines.ts';
import { unwrap } from './cloud-event.ts';
import { EdgeCollection } from './edge-collection.ts';
import { l4Edge, l7Edge, window } from './traffic-messages.ts';

/** Fields that only one of the messages has. */
const OF_WINDOW = ['writer', 'l4', 'l7', 'boot'];
const OF_L7 = ['applicationProtocol', 'application_protocol', 'method', 'pathTemplate', 'path_template', 'host'];

/**
 * Reads files of L4Edge, L7Edge and Window records of kestrel.events.v1, one in JSON a line, bare or as the data of an event.
 * Lines that can't be used are errors; events of other types than traffic are too.
 */
export async function readEdges(
  files: readonly string[],
  cwd: string,
): Promise<{ collected: EdgeCollection; errors: readonly InputError[] }> {
  const collected = new EdgeCollection();
  const errors: InputError[] = [];
  for (const file of files) {
    try {
      for await (const line of jsonLines(resolve(cwd, file))) {
        const source = `${file}:${line.line}`;
        const message = takeLine(collected, line, source);
        if (message !== undefined) errors.push({ source, message, code: 'invalid' });
      }
    } catch (error) {
      errors.push({ source: file, message: reasonOf(error), code: 'unreadable' });
    }
  }
  return { collected, errors };
}

/** Adds the line's record; else says what is wrong with it. */
function takeLine(to: EdgeCollection, line: JsonLine, place: string): string | undefined {
  if ('error' in line) return line.error;
  const { type, subject, data, kind = type === undefined ? kindOf(data) : undefined } = unwrap(line.value);
  switch (kind) {
    case 'l4':
      return take(l4Edge, data, (edge) => to.addL4(edge, place, subject));
    case 'l7':
      return take(l7Edge, data, (edge) => to.addL7(edge, place, subject));
    case 'window':
      return take(window, data, (read) => to.addWindow(read, place));
    case 'fence':
      return undefined;
    default:
      return type === undefined ? 'no L4Edge, L7Edge or Window record' : `events of type ${type} hold no traffic`;
  }
}

function take<T>(schema: z.ZodType<T>, data: unknown, use: (value: T) => void): string | undefined {
  const read = schema.safeParse(data);
  if (!read.success) return issueLines(read.error).join('; ');
  use(read.data);
  return undefined;
}

function kindOf(data: unknown): 'l4' | 'l7' | 'window' | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  if (OF_WINDOW.some((field) => Object.hasOwn(data, field))) return 'window';
  return OF_L7.some((field) => Object.hasOwn(data, field)) ? 'l7' : 'l4';
}
