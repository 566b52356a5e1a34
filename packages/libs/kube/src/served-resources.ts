import { isDeepStrictEqual } from 'node:util';
import { type Logger, sleep } from '@kestrel/runtime';
import type { KubeClient } from './kube-client.ts';
import { type DiscoveryCache, discoverServed, type Served, type WantedResource } from './discovery.ts';
import { KubeError } from './kube-error.ts';
import { apiVersionOf, resourceName, type ResourceType } from './resource-type.ts';

export interface ServedResourcesOptions {
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Time between two looks; 15 s by default. */
  readonly intervalMs?: number;
  /**
   * Looks in a row that must miss a kind before it counts as gone; 2 by default. An API server that has just started
   * answers discovery before it has loaded the CRDs.
   */
  readonly missesUntilGone?: number;
}

const INTERVAL_MS = 15_000;
const MISSES_UNTIL_GONE = 2;

/**
 * Looks every `intervalMs` which of the wanted kinds the API server serves, and calls `onChange` with all that are, at
 * first (also when there are none) and after each change: a kind appeared, went, or has another version.
 * While discovery fails, the last answer stands. Resolves when the signal is aborted; rejects with what `onChange` throws.
 */
export async function watchServedResources(
  client: KubeClient,
  wanted: readonly WantedResource[],
  onChange: (served: readonly ResourceType[]) => void | Promise<void>,
  o: ServedResourcesOptions,
): Promise<void> {
  const intervalMs = o.intervalMs ?? INTERVAL_MS;
  const known = new KnownResources(o.missesUntilGone ?? MISSES_UNTIL_GONE);
  const cache: DiscoveryCache = new Map();
  let failing = false;
  while (!o.signal.aborted) {
    const answer = await look(client, wanted, o.signal, cache);
    if (o.signal.aborted || answer === undefined) return;
    if (answer instanceof KubeError) {
      o.log[failing ? 'debug' : 'warn']({ err: answer }, 'discovery fails, the last answer stands');
      failing = true;
    } else {
      failing = false;
      if (known.update(answer)) {
        o.log.info(
          { served: known.resources.map((one) => `${resourceName(one)} ${apiVersionOf(one)}`) },
          'served kinds change',
        );
        await onChange(known.resources);
      }
    }
    await sleep(intervalMs * (0.9 + 0.2 * Math.random()), o.signal);
  }
}

async function look(
  client: KubeClient,
  wanted: readonly WantedResource[],
  signal: AbortSignal,
  cache: DiscoveryCache,
): Promise<Served | KubeError | undefined> {
  try {
    return await discoverServed(client, wanted, { signal, cache });
  } catch (error) {
    if (error instanceof KubeError) return error;
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** The kinds that count as served: an answer may add at once, and takes away only when it is repeated. */
export class KnownResources {
  readonly #missesUntilGone: number;
  readonly #misses = new Map<string, number>();
  #resources: ResourceType[] | undefined;

  constructor(missesUntilGone: number) {
    this.#missesUntilGone = missesUntilGone;
  }

  get resources(): readonly ResourceType[] {
    return this.#resources ?? [];
  }

  /** Takes an answer in; true when the set is another than before, or the first. */
  update(answer: Served): boolean {
    const kept = this.resources.filter((old) => {
      const same = (one: { group: string; kind: string }) => one.group === old.group && one.kind === old.kind;
      return !answer.resources.some(same) && (answer.unknown.some(same) || !this.#missedEnough(old));
    });
    for (const one of answer.resources) this.#misses.delete(keyOf(one));
    const next = [...answer.resources, ...kept].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const changed = this.#resources === undefined || !isDeepStrictEqual(next, this.#resources);
    this.#resources = next;
    return changed;
  }

  #missedEnough(resource: ResourceType): boolean {
    const misses = (this.#misses.get(keyOf(resource)) ?? 0) + 1;
    const enough = misses >= this.#missesUntilGone;
    if (enough) this.#misses.delete(keyOf(resource));
    else this.#misses.set(keyOf(resource), misses);
    return enough;
  }
}

function keyOf(one: { group: string; kind: string }): string {
  return `${one.group}/${one.kind}`;
}
