import type { Policy } from '../model/policy.ts';
import { refText } from '../model/object-ref.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction, Rule } from '../network/rule.ts';
import type { ExpressionContext, PolicyForm } from './expression.ts';
import { EVIDENCE_ANNOTATION } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { mergeRules } from './merge-rules.ts';
import type { Sighting } from './sighting.ts';
import type { SeenByWorkload, Target } from './target.ts';
import { targetFor } from './target.ts';
import type { Workload, WorkloadCatalogue } from './workload-catalogue.ts';

/** One direction of an existing policy. */
export interface TightenItem {
  readonly policy: Policy;
  readonly direction: Direction;
  readonly target: Target;
  /** Rules of the policy that something seen matches, as they stand: `spec.ingress[0]`. */
  readonly hit: ReadonlySet<string>;
  /** Whether it has rules at all, and its subjects were seen in this direction. */
  readonly observed: boolean;
  /** New rules for what was seen; else those of the old that were used; else all of the old. */
  level: 'narrow' | 'prune' | 'keep';
}

/** Directions of a policy's own rules that can be looked at. */
export function itemsOf(
  policy: Policy,
  {
    form,
    engine,
    catalogue,
    seen,
    context,
  }: {
    readonly form: PolicyForm;
    readonly engine: NetworkEngine;
    readonly catalogue: WorkloadCatalogue;
    readonly seen: SeenByWorkload;
    readonly context: ExpressionContext;
  },
): readonly TightenItem[] {
  const name = refText(policy.ref);
  const rules = engine.rules.filter((rule) => refText(rule.policy) === name);
  return form.directions.flatMap((direction) => {
    const own = rules.filter((rule) => rule.direction === direction && rule.action === 'allow');
    if (own.length === 0 || listOf(policy, direction) === undefined) return [];
    const subjects = new Set(own.flatMap((rule) => engine.affectedPeers(rule)));
    const members = workloadsOf(engine, subjects, catalogue);
    const pods = [...subjects].flatMap((peer) => engine.podsOf(peer));
    const all = members.flatMap(({ key }) => seen.of(key, direction));
    const matched = new Map(all.map((sighting) => [sighting, matchingRules(engine, sighting, direction, name)]));
    const used = all.filter((sighting) => (matched.get(sighting)?.length ?? 0) > 0);
    const unit = {
      namespace: policy.ref.namespace,
      labels: new Map<string, string>(),
      first: policy.ref,
      members,
      pods,
      existing: policy.ref,
    };
    const target = targetFor(form, { unit, direction, isolated: false }, used, context);
    const hit = new Set([...matched.values()].flat().map(({ path }) => itemPath(path)));
    return [{ policy, direction, target, hit, observed: all.length > 0, level: all.length > 0 ? 'narrow' : 'keep' }];
  });
}

function workloadsOf(
  engine: NetworkEngine,
  peers: ReadonlySet<PeerIndex>,
  catalogue: WorkloadCatalogue,
): readonly Workload[] {
  const known = new Map<string, Workload>();
  for (const peer of peers) {
    for (const { workload } of engine.podsOf(peer)) {
      if (!known.has(refText(workload))) known.set(refText(workload), catalogue.enter(workload, undefined));
    }
  }
  return [...known].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, workload]) => workload);
}

function matchingRules(
  engine: NetworkEngine,
  sighting: Sighting,
  direction: Direction,
  policy: string,
): readonly Rule[] {
  const { source, destination, protocol, port } = sighting;
  return engine.pairs(source.query, destination.query).flatMap(([from, to]) => {
    const [subject, peer] = direction === 'ingress' ? [to, from] : [from, to];
    return engine
      .matching(direction, subject, peer, protocol, port)
      .filter((rule) => rule.action === 'allow' && refText(rule.policy) === policy);
  });
}

/** `spec.egress[1].toPorts[0]` → `spec.egress[1]`. */
function itemPath(path: string): string {
  return /^[^.]+\.[^.[]+\[\d+\]/.exec(path)?.[0] ?? path;
}

/** The rules as they stand in the policy's one body. */
function listOf({ specs }: Policy, direction: Direction): readonly unknown[] | undefined {
  const [body, ...others] = specs;
  const list = body?.path === 'spec' && others.length === 0 ? body.body[direction] : undefined;
  return Array.isArray(list) ? list : undefined;
}

/** The new text of a policy; undefined when nothing is new. */
export function tightened(
  form: PolicyForm,
  policy: Policy,
  items: readonly TightenItem[],
  engine: NetworkEngine,
): Manifest | undefined {
  if (items.every(({ level }) => level === 'keep')) return undefined;
  const drafts = new Map(
    items.map((item) => [item.direction, item.level === 'narrow' ? narrowed(form, item) : []] as const),
  );
  const written = form.write({
    name: policy.ref.name,
    namespace: policy.ref.namespace,
    subject: new Map(),
    ...Object.fromEntries(drafts),
  });
  const lists = items.flatMap((item) => {
    const old = listOf(policy, item.direction) ?? [];
    if (item.level === 'keep') return [];
    const pruned = old.filter((_, at) => item.hit.has(`spec.${item.direction}[${at}]`));
    const empty = form.objectKind === 'NetworkPolicy' ? [] : [{}];
    const young =
      item.level === 'narrow' ? (written.spec[item.direction] ?? empty) : pruned.length === 0 ? empty : pruned;
    return [[item.direction, young] as const];
  });
  const isolated = engine.isolations
    .filter((each) => refText(each.policy) === refText(policy.ref))
    .map(({ direction }) => direction);
  const types = [
    ...(isolated.includes('ingress') ? ['Ingress'] : []),
    ...(isolated.includes('egress') ? ['Egress'] : []),
  ];
  const spec = {
    ...policy.specs[0]?.body,
    // Without its rules a direction would no longer be isolated, were its type not named.
    ...(form.objectKind === 'NetworkPolicy' ? { policyTypes: types } : {}),
    ...Object.fromEntries(lists),
  };
  const annotations = { ...keptAnnotations(policy), ...written.metadata.annotations };
  const labels = Object.fromEntries(policy.labels);
  return {
    apiVersion: policy.apiVersion,
    kind: form.objectKind,
    metadata: {
      name: policy.ref.name,
      namespace: policy.ref.namespace,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec,
  };
}

function narrowed({ apart }: PolicyForm, { target, policy }: TightenItem): ReturnType<typeof mergeRules> {
  return mergeRules(target.needs.allowances, { namespace: policy.ref.namespace, apart });
}

/** Without what tools wrote of an earlier text. */
function keptAnnotations({ annotations }: Policy): Record<string, string> {
  return Object.fromEntries(
    [...annotations].filter(
      ([key]) => !key.startsWith(EVIDENCE_ANNOTATION) && key !== 'kubectl.kubernetes.io/last-applied-configuration',
    ),
  );
}
