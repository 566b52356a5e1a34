import type { SelectionReader } from '../core/selection/selection-reader.ts';
import type { NormalizedKind } from '../core/normalize/normalize.ts';

/**
 * The order of first syncs, so that joins find what they need: owners before what they own, policies last.
 * A tier starts when all kinds of the one before are synced or known to be unavailable.
 */
export type Tier = 0 | 1 | 2 | 3 | 4;

/** A kind of object that is ingested, as data. */
export interface Kind extends NormalizedKind {
  /** `Pod`, `NetworkPolicy.networking.k8s.io`: unique, for configuration, logs, metrics and health. */
  readonly id: string;
  /** Name in RBAC rules, for example `pods`; paths are discovery's word. */
  readonly plural: string;
  /** Versions that the normalizer reads, the preferred one first. */
  readonly versions: readonly [string, ...string[]];
  readonly tier: Tier;
  /** A kind with a CRD may come and go; a built-in one that is not served is a fault of the server. */
  readonly origin: 'built_in' | 'crd';
  /** Policies: how to read what they select. */
  readonly selection?: SelectionReader;
}
