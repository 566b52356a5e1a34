import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Problem } from '../model/problem.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import { conflictsOf, isDeniedBy } from './conflicts.ts';
import type { ExpressionContext } from './expression.ts';
import { manifestRef } from './manifest.ts';
import { isDeniedByDefault } from './network-recommendation.ts';
import type { CheckedPlan } from './network-recommendation.ts';
import { isWritten } from './plan.ts';
import type { Plan } from './plan.ts';
import { MIN_OBSERVATION_MS } from './recommend-input.ts';
import type { RecommendInput } from './recommend-input.ts';
import type {
  Generalisation,
  Guarantees,
  Inexpressible,
  KeptAllowance,
  Observation,
  Recommendation,
  Subject,
} from './recommendation.ts';
import { compareText, labelsKey } from './scope.ts';
import { connectionText } from './sighting.ts';
import { lengthMs, spanDates } from './survey.ts';
import type { Survey } from './survey.ts';
import type { Target } from './target.ts';

/** Everything that a result of network policies is made of. */
export interface Material {
  readonly plan: Plan;
  readonly checked: CheckedPlan;
  readonly survey: Survey;
  readonly context: ExpressionContext;
  readonly before: NetworkEngine;
  readonly problems: readonly Problem[];
}

/** Writes down what came out. */
export function resultOf(input: RecommendInput, material: Material): Recommendation {
  const { plan, checked, survey, context, before, problems } = material;
  const chosen = plan.targets.filter((target) => isWritten(plan, target));
  return {
    kind: input.kind,
    mode: input.mode,
    profile: context.profile,
    at: input.now,
    observation: observationOf(input, survey),
    manifests: checked.written.map(({ manifest }) => manifest),
    replaces: [],
    subjects: subjectsOf(input, material),
    generalisations: generalisationsOf(chosen),
    keptAllowances: keptAllowancesOf(material),
    conflicts: conflictsOf({
      survey,
      isDenied: (sighting) => sighting.layer === 'l4' && isDeniedBy(before, sighting),
      openedByKept: checked.verification.openedByKept,
      deniedButNeeded: checked.deniedButNeeded,
    }),
    inexpressible: inexpressibleOf(plan.targets),
    guarantees: guaranteesOf(checked),
    problems,
  };
}

/** From when to when, and how complete. */
export function observationOf(
  { minObservationMs = MIN_OBSERVATION_MS }: RecommendInput,
  { whole, sightings }: Survey,
): Observation {
  return {
    ...spanDates(whole),
    minObservationMs,
    short: lengthMs(whole) < minObservationMs,
    connections: sightings.length,
    incomplete: sightings.filter(({ allowed }) => !allowed.complete).length,
  };
}

/** What became of each workload and direction. */
export function subjectsOf(
  input: RecommendInput,
  material: { readonly plan: Plan; readonly survey: Survey; readonly checked: Pick<CheckedPlan, 'written'> },
): readonly Subject[] {
  const { plan, survey } = material;
  const subjects = new Map<string, Subject>();
  const { minObservationMs = MIN_OBSERVATION_MS } = input;
  const written = new Map(
    material.checked.written.flatMap(({ manifest, targets }) =>
      targets.map((target) => [target, manifestRef(manifest)] as const),
    ),
  );
  for (const target of plan.targets) {
    const policy = written.get(target);
    for (const { ref, key } of target.unit.members) {
      const id = `${key} ${target.direction}`;
      const before = subjects.get(id);
      const own = survey.seen.of(key, target.direction);
      const span = survey.spans.get(key) ?? { fromMs: Infinity, toMs: -Infinity };
      subjects.set(id, {
        workload: ref,
        direction: target.direction,
        state: before === undefined || key === refText(target.unit.first) ? stateOf(plan, target) : before.state,
        policies: [...(before?.policies ?? []), ...(policy === undefined ? [] : [policy])].toSorted((a, b) =>
          compareText(a.name, b.name),
        ),
        connections: own.length,
        incomplete: own.filter(({ allowed }) => !allowed.complete).length,
        ...spanDates(span),
        short: lengthMs(span) < minObservationMs,
        reasons: [...(before?.reasons ?? []), ...reasonsOf(plan, target)],
      });
    }
  }
  return [...subjects].toSorted(([a], [b]) => compareText(a, b)).map(([, subject]) => subject);
}

function stateOf(plan: Plan, target: Target): Subject['state'] {
  if (target.isolated) return 'isolated';
  if (target.level === 'withheld') return 'withheld';
  if (isWritten(plan, target)) return 'selected';
  return isDeniedByDefault(plan, target.unit.namespace, target.direction) ? 'default-deny' : 'unobserved';
}

function reasonsOf(plan: Plan, target: Target): readonly string[] {
  if (target.level === 'withheld') return target.reasons.list();
  const open = plan.leftOpen.get(target.unit.namespace)?.get(target.direction)?.list() ?? [];
  return open.map((reason) => `the namespace has no default deny for ${target.direction}: ${reason}`);
}

/** What the chosen targets widen, each once, and whom their own labels bring in. */
export function generalisationsOf(targets: readonly Target[]): readonly Generalisation[] {
  const known = new Map<string, Generalisation>();
  const add = (each: Generalisation): void => void known.set(`${each.kind}\n${each.observed}\n${each.allowed}`, each);
  for (const { unit, needs } of targets) {
    for (const each of needs.widened) add(each);
    const others = unit.members.filter(({ key }) => key !== refText(unit.first)).map(({ ref }) => ref);
    if (others.length === 0) continue;
    const allowed =
      unit.existing === undefined
        ? `a policy for all pods with ${labelsKey(unit.labels)} in namespace ${unit.namespace}`
        : `all pods that ${refText(unit.existing)} selects`;
    add({ kind: 'shared-labels', observed: `traffic of ${refText(unit.first)}`, allowed, alsoReaches: others });
  }
  return [...known].toSorted(([a], [b]) => compareText(a, b)).map(([, each]) => each);
}

/** Rules of policies that stay, by what they allow the selected. */
export function keptAllowancesOf({
  checked,
}: {
  readonly checked: Pick<CheckedPlan, 'verification' | 'after'>;
}): readonly KeptAllowance[] {
  const known = new Map<string, { readonly allowance: KeptAllowance; readonly workloads: Map<string, ObjectRef> }>();
  for (const { rule, direction, subject } of checked.verification.kept) {
    const key = `${refText(rule.policy)} ${rule.path} ${direction}`;
    let entry = known.get(key);
    if (entry === undefined) {
      entry = { allowance: { policy: rule.policy, path: rule.path, direction, workloads: [] }, workloads: new Map() };
      known.set(key, entry);
    }
    for (const { workload } of checked.after.podsOf(subject)) entry.workloads.set(refText(workload), workload);
  }
  return [...known]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, { allowance, workloads }]) => ({
      ...allowance,
      workloads: [...workloads].toSorted(([a], [b]) => compareText(a, b)).map(([, ref]) => ref),
    }));
}

/** What the kind has no words for, each explanation once. */
export function inexpressibleOf(targets: readonly Target[]): readonly Inexpressible[] {
  const known = new Map<string, Inexpressible>();
  for (const { needs, isolated } of targets) {
    if (isolated) continue;
    for (const { unsaid, sighting } of needs.unsaid) {
      const key = `${unsaid.what} ${unsaid.explanation}`;
      const before = known.get(key);
      known.set(key, {
        ...unsaid,
        connections: (before?.connections ?? 0) + 1,
        example: before?.example ?? connectionText(sighting),
      });
    }
  }
  return [...known].toSorted(([a], [b]) => compareText(a, b)).map(([, each]) => each);
}

/** How much was checked. */
export function guaranteesOf({
  verification: { checked, unchecked },
  withheld,
}: {
  readonly verification: Pick<CheckedPlan['verification'], 'checked' | 'unchecked'>;
  readonly withheld: CheckedPlan['withheld'];
}): Guarantees {
  const check = (name: keyof Guarantees): Guarantees[keyof Guarantees] => ({
    checked: checked[name],
    withheld: withheld[name],
    unchecked: unchecked[name],
  });
  return {
    allowedStays: check('allowedStays'),
    withinObserved: check('withinObserved'),
    deniedStays: check('deniedStays'),
  };
}
