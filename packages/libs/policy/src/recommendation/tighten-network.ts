import type { Cluster, Pod } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Policy } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import { compilePair } from '../network/engine/compile-network.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction } from '../network/rule.ts';
import type { ExpressionContext, PolicyForm } from './expression.ts';
import { manifestPolicy } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { reachDifference } from './reach-difference.ts';
import type { RecommendInput } from './recommend-input.ts';
import type { Guarantees, Recommendation } from './recommendation.ts';
import { exampleRequest, isNeeded } from './sighting.ts';
import type { Sighting } from './sighting.ts';
import { sentence } from './network-recommendation.ts';
import type { Survey } from './survey.ts';
import { itemsOf, tightened } from './tighten-item.ts';
import type { TightenItem } from './tighten-item.ts';
import { tightenResult } from './tighten-result.ts';
import { verify } from './verification.ts';
import type { Verification } from './verification.ts';

/** What tightening starts from. */
export interface TightenMaterial {
  readonly survey: Survey;
  readonly context: ExpressionContext;
  readonly before: NetworkEngine;
  readonly problems: readonly Problem[];
}

/** One state of the policies, checked. */
export interface TightenRound {
  readonly manifests: readonly Manifest[];
  readonly verification: Verification;
  readonly after: NetworkEngine;
  readonly deniedButNeeded: ReadonlySet<Sighting>;
  readonly withheld: Readonly<Record<keyof Guarantees, number>>;
}

/** Recommends new texts for existing policies that allow more than was seen. */
export function tightenNetwork(form: PolicyForm, input: RecommendInput, material: TightenMaterial): Recommendation {
  const { survey, context, before } = material;
  const namespaces = new Set(survey.namespaces);
  const policies = input.cluster.policies.filter(
    ({ ref }) => ref.kind === form.objectKind && namespaces.has(ref.namespace),
  );
  const usable = policies.filter((policy) => isUnderstood(policy, before));
  const items = usable.flatMap((policy) =>
    itemsOf(policy, { form, engine: before, catalogue: survey.catalogue, seen: survey.seen, context }),
  );
  for (const item of items) if (item.target.level === 'withheld') item.level = 'keep';
  const round = settle(form, input.cluster, items, material);
  return tightenResult(input, {
    ...material,
    round,
    items,
    left: policies.filter((policy) => !usable.includes(policy)),
  });
}

/** A policy with parts that are not understood is left as it is. */
function isUnderstood({ ref }: Policy, { problems, rules }: NetworkEngine): boolean {
  const name = refText(ref);
  const isOfPolicy = (object: ObjectRef | undefined): boolean => object !== undefined && refText(object) === name;
  if (problems.some(({ object, code }) => isOfPolicy(object) && (code === 'invalid' || code === 'unsupported')))
    return false;
  return rules.every((rule) => !isOfPolicy(rule.policy) || rule.unknown === undefined || rule.unknown.length === 0);
}

/** Falls back item by item until nothing is wider than before and no guarantee breaks; each round makes some item fall. */
function settle(
  form: PolicyForm,
  cluster: Cluster,
  items: readonly TightenItem[],
  material: TightenMaterial,
): TightenRound {
  const deniedButNeeded = new Set<Sighting>();
  const withheld = { allowedStays: 0, withinObserved: 0, deniedStays: 0 };
  for (;;) {
    const round = makeRound(form, cluster, items, material);
    const fallen = new Set<TightenItem>();
    for (const broken of round.verification.breaks) {
      if (broken.guarantee === 'deniedStays' && broken.sighting !== undefined) deniedButNeeded.add(broken.sighting);
      const reason = `${broken.sighting === undefined ? '' : `${sentence(broken.sighting)}: `}${broken.explanation}`;
      for (const item of round.itemsOf(broken.direction, broken.subject)) {
        if (item.level === 'keep' || fallen.has(item)) continue;
        fallen.add(item);
        if (fall(item, reason) === 'keep') withheld[broken.guarantee] += 1;
      }
    }
    for (const item of items)
      if (!fallen.has(item) && item.level !== 'keep' && !isNarrower(round, item)) fallen.add(item);
    if (fallen.size === 0) return { ...round, deniedButNeeded, withheld };
  }
}

function fall(item: TightenItem, reason: string): TightenItem['level'] {
  const level = item.level === 'narrow' ? 'prune' : 'keep';
  if (level === 'keep') item.target.reasons.add(reason);
  item.level = level;
  return level;
}

interface Round extends Pick<TightenRound, 'manifests' | 'verification' | 'after'> {
  readonly engines: { readonly before: NetworkEngine; readonly after: NetworkEngine };
  readonly subjectsOf: (item: TightenItem) => readonly PeerIndex[];
  readonly itemsOf: (direction: Direction, subject: PeerIndex) => readonly TightenItem[];
}

/** Whether an item narrows what it is about and widens nothing; if not, it falls. */
function isNarrower(round: Round, item: TightenItem): boolean {
  const differences = round.subjectsOf(item).map((subject) => reachDifference(round.engines, item.direction, subject));
  if (differences.some(({ wider }) => wider)) {
    fall(item, 'what was seen can only be said by rules that are wider than the old ones');
    return false;
  }
  if (differences.some(({ narrower }) => narrower)) return true;
  item.level = 'keep';
  return false;
}

function makeRound(
  form: PolicyForm,
  cluster: Cluster,
  items: readonly TightenItem[],
  { survey, before }: TightenMaterial,
): Round {
  const byPolicy = Map.groupBy(items, ({ policy }) => policy);
  const young = new Map(
    [...byPolicy].flatMap(([policy, own]) => {
      const manifest = tightened(form, policy, own, before);
      return manifest === undefined ? [] : [[policy, manifest] as const];
    }),
  );
  const policies = cluster.policies.map((policy) => {
    const manifest = young.get(policy);
    return manifest === undefined ? policy : manifestPolicy(manifest);
  });
  const engines = compilePair(cluster, { ...cluster, policies }, { profile: before.profile });
  const { after } = engines;
  const subjects = new Map(
    items.map((item) => [
      item,
      new Set(item.target.unit.pods.flatMap(({ namespace, name }) => after.resolve({ pod: { namespace, name } }))),
    ]),
  );
  const about = (direction: Direction, subject: PeerIndex): readonly TightenItem[] =>
    items.filter((item) => item.direction === direction && subjects.get(item)?.has(subject));
  const replaced = new Set([...young.keys()].map(({ ref }) => refText(ref)));
  const narrowed = new Set(
    items
      .filter(({ level }) => level === 'narrow')
      .map(({ policy, direction }) => `${refText(policy.ref)} ${direction}`),
  );
  const verification = verify({
    after,
    replaces: true,
    isRecommended: (ref) => replaced.has(refText(ref)),
    isNew: (rule) => rule.action === 'allow' && narrowed.has(`${refText(rule.policy)} ${rule.direction}`),
    sightings: survey.sightings.filter((sighting) => !isNeeded(sighting) || wasAllowed(before, sighting)),
    claims: items.flatMap(({ policy, direction, level, target }) => {
      const pods = new Set<Pod>(target.unit.pods);
      const claim = {
        policy: policy.ref,
        direction,
        allowances: target.needs.allowances,
        isSubject: (pod: Pod) => pods.has(pod),
      };
      return level === 'narrow' ? [claim] : [];
    }),
  });
  return {
    manifests: [...young.values()],
    verification,
    after,
    engines,
    subjectsOf: (item) => [...(subjects.get(item) ?? [])],
    itemsOf: about,
  };
}

/** What the policies as they stand deny can't stay allowed: it is a conflict, listed as such. */
function wasAllowed(engine: NetworkEngine, { source, destination, protocol, port, request }: Sighting): boolean {
  const asked = request === undefined ? undefined : exampleRequest(request);
  const pairs = engine.pairs(source.query, destination.query);
  return pairs.every(([from, to]) => engine.outcome(from, to, protocol, port, asked) === 'allowed');
}
