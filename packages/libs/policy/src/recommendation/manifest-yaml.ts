import { Document } from 'yaml';
import type { Manifest } from './manifest.ts';

/** Manifests as one YAML text of several documents: the same objects give the same bytes. */
export function manifestsYaml(manifests: readonly Manifest[]): string {
  return manifests
    .map((manifest) => new Document(manifest, { aliasDuplicateObjects: false }).toString({ lineWidth: 0 }))
    .join('---\n');
}
