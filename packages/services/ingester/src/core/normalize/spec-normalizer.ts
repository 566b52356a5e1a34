import type { Resource } from '@kestrel/proto/events';
import type { JsonObject } from '../json.ts';

/** What the kind adds to a record. */
export type Spec = NonNullable<Resource['spec']>;

/**
 * Reduces one object of a kind to its spec in the record; what other objects say (owners, selections) is joined later.
 * @throws NotNormalized when the object lacks what the record needs
 */
export type SpecNormalizer = (source: JsonObject) => Spec;
