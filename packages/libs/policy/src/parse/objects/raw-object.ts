import type { ObjectRef } from '../../model/object-ref.ts';
import type { JsonObject } from '../text/json-object.ts';

/** One Kubernetes object as it stands in the input: known to be an object with apiVersion, kind and a name. */
export interface RawObject {
  readonly ref: ObjectRef;
  /** API group; empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** `group/version`, or `version` in the core group. */
  readonly apiVersion: string;
  readonly value: JsonObject;
  readonly source: string;
  readonly metadata: Metadata;
  /** Line with the first `{{` of its document, where there is one. */
  readonly templateLine: number | undefined;
}

/** What all kinds share. Values are known to have their types. */
export interface Metadata {
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  /** The controller that the object names in its owner references. */
  readonly owner: ObjectRef | undefined;
}
