import { readStringAt } from './json-scan.ts';

/** Something that the API server sent and that can't be used: reported as a loss, never fatal. */
export interface Undecodable {
  readonly reason: 'too_large' | 'not_json' | 'unexpected_shape';
  /** What is wrong; never content of the object. */
  readonly detail: string;
  /** Size of the object's text. */
  readonly bytes: number;
  /** Type of the watch event, or 'LISTED'; undefined when it can't be read. */
  readonly event: string | undefined;
  /** Which object it is, as far as its first bytes say; undefined when they don't. */
  readonly ref:
    | { readonly namespace: string | undefined; readonly name: string; readonly uid: string | undefined }
    | undefined;
}

/** Where an object stands in a text: in a watch event, or alone (an item of a list). */
export type ObjectPlace = 'event' | 'item';

/** Keys that lead to the object's metadata. */
export const METADATA_PATH: Readonly<Record<ObjectPlace, readonly string[]>> = {
  event: ['object', 'metadata'],
  item: ['metadata'],
};

/** The report about a text, of which `start` is all or the beginning. */
export function undecodable(
  place: ObjectPlace,
  start: Buffer,
  o: { reason: Undecodable['reason']; detail: string; bytes: number },
): Undecodable {
  const path = METADATA_PATH[place];
  const name = readStringAt(start, [...path, 'name']);
  const namespace = readStringAt(start, [...path, 'namespace']);
  const uid = readStringAt(start, [...path, 'uid']);
  const event = place === 'item' ? 'LISTED' : readStringAt(start, ['type']);
  return { ...o, event, ref: name === undefined ? undefined : { namespace, name, uid } };
}
