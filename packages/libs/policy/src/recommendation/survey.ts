import type { RecommendInput } from './recommend-input.ts';
import { readSightings } from './sighting.ts';
import type { Sighting } from './sighting.ts';
import { SeenByWorkload } from './target.ts';
import { TrafficEnds } from './traffic-end.ts';
import { WorkloadCatalogue } from './workload-catalogue.ts';

/** Cluster and traffic, brought together. */
export interface Survey {
  readonly catalogue: WorkloadCatalogue;
  readonly sightings: readonly Sighting[];
  readonly seen: SeenByWorkload;
  /** From when to when each workload was seen, by refText. */
  readonly spans: ReadonlyMap<string, SpanMs>;
  readonly whole: SpanMs;
  /** Namespaces to recommend for, sorted. */
  readonly namespaces: readonly string[];
}

/** Milliseconds since 1970; infinite where nothing was seen. */
export interface SpanMs {
  readonly fromMs: number;
  readonly toMs: number;
}

const nothing: SpanMs = { fromMs: Infinity, toMs: -Infinity };

/** Brings cluster and traffic together. */
export function surveyOf({
  cluster,
  edges,
  namespaces,
}: Pick<RecommendInput, 'cluster' | 'edges' | 'namespaces'>): Survey {
  const catalogue = new WorkloadCatalogue(cluster);
  const workloads = new Map(cluster.pods.map(({ namespace, name, workload }) => [`${namespace}/${name}`, workload]));
  const ends = new TrafficEnds(catalogue, workloads);
  const sightings = readSightings(edges, ends);
  const spans = new Map<string, SpanMs>();
  let whole = nothing;
  for (const { source, sourceClass, destination, destinationClass, firstSeenMs, lastSeenMs } of edges) {
    const span = { fromMs: firstSeenMs ?? Infinity, toMs: lastSeenMs ?? -Infinity };
    whole = join(whole, span);
    for (const end of [ends.read(source, sourceClass), ends.read(destination, destinationClass)]) {
      if (end.kind !== 'pods') continue;
      const { key } = end.workload;
      spans.set(key, join(spans.get(key) ?? nothing, span));
    }
  }
  const wanted = namespaces === undefined ? undefined : new Set(namespaces);
  return {
    catalogue,
    sightings,
    seen: new SeenByWorkload(sightings),
    spans,
    whole,
    namespaces: catalogue.namespaces().filter((each) => wanted === undefined || wanted.has(each)),
  };
}

/** How long it was seen, in milliseconds; 0 where it was not. */
export function lengthMs({ fromMs, toMs }: SpanMs): number {
  return Number.isFinite(fromMs) && Number.isFinite(toMs) ? Math.max(0, toMs - fromMs) : 0;
}

/** The span for a result. */
export function spanDates({ fromMs, toMs }: SpanMs): {
  readonly from: Date | undefined;
  readonly to: Date | undefined;
} {
  return {
    from: Number.isFinite(fromMs) ? new Date(fromMs) : undefined,
    to: Number.isFinite(toMs) ? new Date(toMs) : undefined,
  };
}

function join(a: SpanMs, b: SpanMs): SpanMs {
  return { fromMs: Math.min(a.fromMs, b.fromMs), toMs: Math.max(a.toMs, b.toMs) };
}
