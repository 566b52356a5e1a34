import type { EdgeRef } from '@kestrel/policy';
import { stringify } from 'yaml';
import type { Output } from '../io/output.ts';
import { byName } from './by-name.ts';

/** Text is written in pieces of about this size. */
const pieceCharsMin = 64 * 1_024;

/** How a result is named; see `byName`. */
export interface Naming {
  readonly placeOf?: (edge: EdgeRef) => string;
  /** A field of the result that is left as it is: objects to be applied, in which nothing is a reference of ours. */
  readonly verbatim?: string;
}

/**
 * Writes a result as one document, with what it refers to by name. Lists in it may be long: JSON is written element by element,
 * one a line.
 */
export async function writeDocument(
  out: Output,
  result: object,
  format: 'json' | 'yaml',
  { placeOf, verbatim }: Naming = {},
): Promise<void> {
  const named = (value: unknown, field: string): unknown => (field === verbatim ? value : byName(value, placeOf));
  if (format === 'yaml') {
    const fields = Object.entries(result).map(([field, value]) => [field, named(value, field)]);
    await out.write(stringify(plain(Object.fromEntries(fields)), { aliasDuplicateObjects: false }));
    return;
  }
  let piece = '';
  for (const part of jsonParts(result, named)) {
    piece += part;
    if (piece.length < pieceCharsMin) continue;
    await out.write(piece);
    piece = '';
  }
  await out.write(piece);
}

/** A JSON object, each of its fields on a line, and each element of a list in it; `change` is made to values first. */
export function* jsonParts(
  object: object,
  change: (value: unknown, field: string) => unknown = (value) => value,
): Generator<string> {
  yield '{';
  let before = '\n';
  for (const [field, value] of Object.entries(object)) {
    if (value === undefined) continue;
    yield `${before}  ${JSON.stringify(field)}: `;
    if (Array.isArray(value) && value.length > 0) yield* listParts(value, (element) => change(element, field));
    else yield JSON.stringify(change(value, field));
    before = ',\n';
  }
  yield before === '\n' ? '}\n' : '\n}\n';
}

function* listParts(list: readonly unknown[], change: (element: unknown) => unknown): Generator<string> {
  yield '[';
  for (const [at, element] of list.entries()) {
    yield `${at === 0 ? '' : ','}\n    ${JSON.stringify(change(element)) ?? 'null'}`;
  }
  yield '\n  ]';
}

/** As JSON has it: dates as text, no undefined. */
function plain(value: unknown): unknown {
  const parsed: unknown = JSON.parse(JSON.stringify(value));
  return parsed;
}
