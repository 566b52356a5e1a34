import type { L4Edge, L7Edge, Window } from '@kestrel/proto/events';

/** Recorded traffic; what stands in windows is among it. */
export interface Edges {
  readonly l4: readonly L4Edge[];
  readonly l7: readonly L7Edge[];
}

/** Collects edges, and remembers where each was read. */
export class EdgeCollection {
  readonly #l4 = new Places<L4Edge>();
  readonly #l7 = new Places<L7Edge>();

  get edges(): Edges {
    return { l4: this.#l4.edges, l7: this.#l7.edges };
  }

  /** An edge's totals so far: a later record of the same subject takes the place of an earlier one. */
  addL4(edge: L4Edge, place: string, subject?: string): void {
    this.#l4.add(edge, place, subject);
  }

  addL7(edge: L7Edge, place: string, subject?: string): void {
    this.#l7.add(edge, place, subject);
  }

  /** The edges of a window: counts of its own, to which others are added. An edge states only what differs from its window. */
  addWindow({ l4, l7, start, completeness }: Window, place: string): void {
    const window = { observedSince: start, completeness };
    for (const edge of l4) this.#l4.add(withDefaults(edge, window), place);
    for (const edge of l7) this.#l7.add(withDefaults(edge, window), place);
  }

  /** Where the edge was read: `edges.jsonl:17`. */
  placeOf({ layer, index }: { readonly layer: 'l4' | 'l7'; readonly index: number }): string {
    return (layer === 'l4' ? this.#l4 : this.#l7).places[index] ?? '?';
  }
}

class Places<T> {
  readonly edges: T[] = [];
  readonly places: string[] = [];
  readonly #bySubject = new Map<string, number>();

  add(edge: T, place: string, subject?: string): void {
    const index = (subject === undefined ? undefined : this.#bySubject.get(subject)) ?? this.edges.length;
    this.edges[index] = edge;
    this.places[index] = place;
    if (subject !== undefined) this.#bySubject.set(subject, index);
  }
}

function withDefaults<T extends L4Edge | L7Edge>(edge: T, by: Pick<T, 'observedSince' | 'completeness'>): T {
  return {
    ...edge,
    observedSince: edge.observedSince ?? by.observedSince,
    completeness: edge.completeness ?? by.completeness,
  };
}
