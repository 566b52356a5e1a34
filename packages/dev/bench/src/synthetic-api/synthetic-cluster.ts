import { FIRST_VERSION, podText } from './pod-text.ts';

/** Spreads consecutive changes over the cluster; a prime, so that every pod is reached. */
const CHANGE_STRIDE = 7_919;

/** One change of one pod. */
export interface Change {
  readonly version: number;
  readonly index: number;
  /** When it happened, epoch milliseconds. */
  readonly atMs: number;
}

/** A cluster that has pods and nothing else. It keeps four bytes a pod: the texts are made when they are asked for. */
export class SyntheticCluster {
  readonly pods: number;
  readonly #versions: Uint32Array;
  readonly #changes: Change[] = [];
  #version: number;

  constructor(pods: number) {
    this.pods = pods;
    this.#versions = Uint32Array.from({ length: pods }, (_, index) => FIRST_VERSION + index);
    this.#version = FIRST_VERSION + pods;
  }

  /** The cluster's resourceVersion. */
  get version(): number {
    return this.#version;
  }

  /** The pod's present text. */
  text(index: number): string {
    const version = this.#versions[index] ?? FIRST_VERSION;
    return podText(index, version, version > FIRST_VERSION + this.pods);
  }

  /** The pod's text as a change left it. */
  textAt(change: Change): string {
    return podText(change.index, change.version, true);
  }

  /** Changes a pod: another one each time, until all have had their turn. */
  change(atMs: number): Change {
    const index = (this.#changes.length * CHANGE_STRIDE) % this.pods;
    this.#version += 1;
    this.#versions[index] = this.#version;
    const change = { version: this.#version, index, atMs };
    this.#changes.push(change);
    return change;
  }

  /** All changes after a version, oldest first. */
  changesAfter(version: number): readonly Change[] {
    const from = this.#changes.findIndex((change) => change.version > version);
    return from < 0 ? [] : this.#changes.slice(from);
  }
}
