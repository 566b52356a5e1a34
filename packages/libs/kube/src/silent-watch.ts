import type { ReflectorScope } from './open-watch.ts';
import { serverIsAhead } from './server-version.ts';
import { StaleVersion } from './stale-version.ts';

/**
 * Judges a watch that is silent. Kubernetes sends a bookmark every minute, but only with a version above the one that
 * the watch began with; for a kind without changes that takes a progress notification from etcd, whose default period is
 * ten minutes (seen on 1.36). So silence alone proves nothing, and the store is asked. That consistent read makes the API
 * server fetch the progress, so that a sound watch gets its bookmark within the next period.
 */
export class SilentWatch {
  readonly #scope: ReflectorScope;
  readonly #signal: AbortSignal;
  #version: string;
  #signs = 0;
  #doubted = false;

  constructor(scope: ReflectorScope, version: string, signal: AbortSignal) {
    this.#scope = scope;
    this.#version = version;
    this.#signal = signal;
  }

  /** The watch gave a sign of life, and everything up to this version. */
  spoke(version: string): void {
    this.#version = version;
    this.#signs += 1;
    this.#doubted = false;
  }

  /**
   * One period passed in silence. @throws StaleVersion when the store is before us, or when a period ago it was ahead
   * already and the watch still says nothing; KubeError when it can't be asked
   */
  async periodPassed(): Promise<void> {
    const periodMs = this.#scope.limits.bookmarkTimeoutMs;
    if (this.#doubted) {
      throw new StaleVersion(
        'no_bookmark',
        `the server is ahead, and neither event nor bookmark came for ${periodMs} ms`,
      );
    }
    const signsBefore = this.#signs;
    const { client, resource } = this.#scope;
    const ahead = await serverIsAhead(client, resource, () => this.#version, this.#signal).catch((error: unknown) => {
      // What the watch delivered meanwhile may be newer than the answer: it proves nothing then.
      if (error instanceof StaleVersion && this.#signs !== signsBefore) return 0;
      throw error;
    });
    if (this.#signs === signsBefore) this.#doubted = ahead > 0;
  }
}
