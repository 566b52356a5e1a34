import type { Labels } from '../model/selector.ts';
import { RecentCache } from '../cache/recent-cache.ts';
import type { AuthorizationDestination, AuthorizationSource } from './request.ts';

/** So many different sets of labels are remembered by their numbers. */
const labelSetsMax = 100_000;

/**
 * Short keys of the ends of questions: ends that are given in the same words have the same key as long as their labels are
 * remembered, and other ends never do.
 */
export class EndpointKeys {
  readonly #ofObjects = new WeakMap<Labels, string>();
  readonly #ofTexts = new RecentCache<string, { readonly key: string }>(labelSetsMax);
  #labelSets = 0;

  source({ namespace, pod, ip, principal, serviceAccount, labels }: AuthorizationSource): string {
    return part(namespace) + part(pod) + part(ip) + part(principal) + part(serviceAccount) + this.#labels(labels);
  }

  /** Whatever the port. */
  destination({ namespace, pod, ip, workload, labels }: AuthorizationDestination): string {
    const of = workload === undefined ? '-' : part(workload.kind) + part(workload.namespace) + part(workload.name);
    return part(namespace) + part(pod) + part(ip) + of + this.#labels(labels);
  }

  #labels(labels: Labels | undefined): string {
    if (labels === undefined) return '-';
    let key = this.#ofObjects.get(labels);
    if (key === undefined) {
      key = this.#ofTexts.get(textOf(labels), () => ({ key: `#${(this.#labelSets += 1)}` })).key;
      this.#ofObjects.set(labels, key);
    }
    return key;
  }
}

function textOf(labels: Labels): string {
  let text = '';
  for (const [key, value] of labels) text += part(key) + part(value);
  return text;
}

/** With its length in front, so that no text can look like two. */
function part(text: string | undefined): string {
  return text === undefined ? '-' : `${text.length}:${text}`;
}
