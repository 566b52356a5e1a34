import type { Cloud } from '../cloud.ts';
import type { Foundations } from '../foundations.ts';
import type { OnboardedCluster } from './cluster-directory.ts';
import { writeValuesFile, type CloudCoordinates } from './values-file.ts';

/** A cluster as it was onboarded, and the values file with which its operator is installed. */
export type Onboarded = OnboardedCluster & { readonly valuesFile: string };

/** Brings clusters into the cloud. */
export class Onboarding {
  readonly #on: Foundations;
  readonly #cloud: Cloud;
  readonly #coordinates: CloudCoordinates;

  constructor(on: Foundations, o: { readonly cloud: Cloud; readonly coordinates: CloudCoordinates }) {
    this.#on = on;
    this.#cloud = o.cloud;
    this.#coordinates = o.coordinates;
  }

  /** The cluster of that name; made when there is none. Its values file is written anew. */
  onboard(name: string): Onboarded {
    this.#cloud.onboard(name);
    return this.#describe(this.#on.directory.onboard(name));
  }

  /** All that were onboarded, their values files written anew. */
  list(): Onboarded[] {
    return this.#on.directory.list().map((cluster) => this.#describe(cluster));
  }

  #describe(cluster: OnboardedCluster): Onboarded {
    return { ...cluster, valuesFile: writeValuesFile(this.#on.dataDir, cluster, this.#coordinates) };
  }
}
