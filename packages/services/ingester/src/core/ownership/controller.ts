import { object, objects, text } from '../json.ts';
import type { JsonObject } from '../json.ts';

/** The controller that an object names in its owner references. */
export interface Controller {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** The one reference with `controller: true`; plain owners only matter to garbage collection. */
export function readController(source: JsonObject): Controller | undefined {
  const references = objects(object(source['metadata'])['ownerReferences']);
  const reference = references.find((candidate) => candidate['controller'] === true);
  if (reference === undefined) return undefined;
  const uid = text(reference['uid']);
  const kind = text(reference['kind']);
  const name = text(reference['name']);
  return uid === '' || kind === '' || name === '' ? undefined : { group: groupOf(reference), kind, name, uid };
}

/** `apps` of `apps/v1`; the core group has no slash. */
function groupOf(reference: JsonObject): string {
  const [group, version] = text(reference['apiVersion']).split('/');
  return version === undefined ? '' : (group ?? '');
}
