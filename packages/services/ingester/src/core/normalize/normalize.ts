import type { Resource } from '@kestrel/proto/events';
import { type JsonObject, object, text, textMap, time } from '../json.ts';
import type { AnnotationFilter } from './annotation-filter.ts';
import { NotNormalized } from './not-normalized.ts';
import type { Spec, SpecNormalizer } from './spec-normalizer.ts';

/** What normalizing needs to know of a kind. */
export interface NormalizedKind {
  readonly group: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly normalize: SpecNormalizer;
}

/** A record without what other objects add: no owners, no workload, no selection. */
export interface Normalized extends Resource {
  ref: NonNullable<Resource['ref']>;
  spec: Spec;
}

/**
 * One object of the API server as a record.
 * @throws NotNormalized when it has no identity, or lacks what its kind's record needs
 */
export function normalize(
  kind: NormalizedKind,
  version: string,
  source: JsonObject,
  annotations: AnnotationFilter,
): Normalized {
  const metadata = object(source['metadata']);
  return {
    ref: {
      group: kind.group,
      version,
      kind: kind.kind,
      namespace: namespaceOf(kind, metadata),
      name: required(metadata, 'name'),
      uid: required(metadata, 'uid'),
      resourceVersion: text(metadata['resourceVersion']),
    },
    labels: textMap(metadata['labels']),
    annotations: allowedAnnotations(metadata['annotations'], annotations),
    createdAt: time(metadata['creationTimestamp']),
    deletionRequestedAt: time(metadata['deletionTimestamp']),
    owners: [],
    spec: kind.normalize(source),
  };
}

function namespaceOf(kind: NormalizedKind, metadata: JsonObject): string {
  const namespace = text(metadata['namespace']);
  if (kind.namespaced && namespace === '') throw new NotNormalized('metadata.namespace is missing');
  return kind.namespaced ? namespace : '';
}

function required(metadata: JsonObject, field: 'name' | 'uid'): string {
  const value = text(metadata[field]);
  if (value === '') throw new NotNormalized(`metadata.${field} is missing`);
  return value;
}

function allowedAnnotations(value: unknown, allowed: AnnotationFilter): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [key, annotation] of Object.entries(object(value))) {
    if (typeof annotation === 'string' && allowed(key)) kept[key] = annotation;
  }
  return kept;
}
