import { digest } from '@kestrel/bus';
import { type ObjectRef, Resource } from '@kestrel/proto/events';
import { object } from './json.ts';

/** A record as it goes on the bus. */
export interface EncodedRecord {
  /** proto3 JSON of kestrel.events.v1.Resource, in a buffer of its own outside of the heap. */
  readonly bytes: Buffer;
  /** Over the record without its resourceVersion: equal digests mean that nothing which matters has changed. */
  readonly digest: string;
}

export function encodeRecord(resource: Resource): EncodedRecord {
  const json = object(Resource.toJSON(resource));
  const { resourceVersion: _, ...ref } = object(json['ref']);
  return { bytes: ownBuffer(JSON.stringify(json)), digest: digest({ ...json, ref }) };
}

/** The record again. Only for bytes made by `encodeRecord`: nothing is validated. */
export function decodeRecord(bytes: Buffer): Resource {
  return Resource.fromJSON(JSON.parse(bytes.toString('utf8')));
}

/** Not from Node's pool: a slice kept for hours would keep its whole 8 KB page. */
function ownBuffer(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** A reference, where what is not known is empty. */
export function objectRef(known: Partial<ObjectRef>): ObjectRef {
  return { group: '', version: '', kind: '', namespace: '', name: '', uid: '', resourceVersion: '', ...known };
}
