import type { ObjectRef } from '../model/object-ref.ts';
import type { Direction } from '../network/rule.ts';
import type { PolicyForm } from './expression.ts';
import { manifestRef } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { mergeRules } from './merge-rules.ts';
import { policyNames } from './policy-names.ts';
import type { RecommendationMode } from './recommendation.ts';
import { Reasons } from './reasons.ts';
import { compareText } from './scope.ts';
import type { DraftRule } from './scope.ts';
import type { Target } from './target.ts';

/** What would be recommended: changes while guarantees are checked. */
export interface Plan {
  readonly form: PolicyForm;
  readonly mode: Exclude<RecommendationMode, 'tighten-existing'>;
  readonly targets: readonly Target[];
  /** `namespace` mode: directions that the default deny of a namespace must leave alone, with the reasons. */
  readonly leftOpen: ReadonlyMap<string, Map<Direction, Reasons>>;
  readonly namespaces: readonly string[];
  /** Names of policies of the kind that stay, by namespace. */
  readonly taken: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Objects for a plan, with the targets that each is about; the default deny of a namespace is about none. */
export interface Written {
  readonly manifest: Manifest;
  readonly targets: readonly Target[];
}

/** Whether the target gets a policy of its own. */
export function isWritten({ mode }: Plan, { isolated, level, sightings }: Target): boolean {
  if (isolated || level === 'withheld') return false;
  return mode === 'minimal' || mode === 'namespace' ? sightings.length > 0 : false;
}

/** Directions that the default deny of a namespace isolates. */
export function deniedByDefault(plan: Plan, namespace: string): readonly Direction[] {
  if (plan.mode !== 'namespace') return [];
  const open = plan.leftOpen.get(namespace);
  return plan.form.directions.filter((direction) => {
    if (open?.get(direction)?.isEmpty === false) return false;
    const targets = plan.targets.filter((each) => each.unit.namespace === namespace && each.direction === direction);
    return targets.every(({ level }) => level !== 'withheld') && targets.some(({ isolated }) => !isolated);
  });
}

/** Keeps the default deny of a namespace from a direction. */
export function leaveOpen(leftOpen: Plan['leftOpen'], namespace: string, direction: Direction, reason: string): void {
  const open = leftOpen.get(namespace);
  const reasons = open?.get(direction);
  if (reasons === undefined) open?.set(direction, new Reasons([reason]));
  else reasons.add(reason);
}

/** Writes the objects, sorted by namespace and name. */
export function write(plan: Plan): readonly Written[] {
  const byNamespace = Map.groupBy(plan.targets, ({ unit }) => unit.namespace);
  return plan.namespaces.flatMap((namespace) => {
    const targets = byNamespace.get(namespace) ?? [];
    const firsts = new Map(targets.map(({ unit }) => [`${unit.first.kind}/${unit.first.name}`, unit.first]));
    const names = policyNames([...firsts.values()], plan.taken.get(namespace) ?? new Set());
    const written = writeUnits(plan, targets, names.of);
    const denied = plan.mode === 'namespace' ? deniedByDefault(plan, namespace) : [];
    return [...(denied.length === 0 ? [] : [defaultDeny(plan, namespace, names.defaultDeny, denied)]), ...written];
  });
}

function writeUnits(
  plan: Plan,
  targets: readonly Target[],
  nameOf: (workload: ObjectRef) => string,
): readonly Written[] {
  const byUnit = Map.groupBy(
    targets.filter((target) => isWritten(plan, target)),
    ({ unit }) => unit,
  );
  return [...byUnit]
    .map(([unit, own]): Written => {
      const rules = Object.fromEntries(own.map((target) => [target.direction, rulesOf(plan.form, target)]));
      const draft = { name: nameOf(unit.first), namespace: unit.namespace, subject: unit.labels, ...rules };
      return { manifest: plan.form.write(draft), targets: own };
    })
    .toSorted((a, b) => compareText(manifestRef(a.manifest).name, manifestRef(b.manifest).name));
}

function rulesOf({ apart }: PolicyForm, { needs, unit }: Target): readonly DraftRule[] {
  return mergeRules(needs.allowances, { namespace: unit.namespace, apart });
}

function defaultDeny({ form }: Plan, namespace: string, name: string, directions: readonly Direction[]): Written {
  const rules = Object.fromEntries(directions.map((direction) => [direction, []]));
  return { manifest: form.write({ name, namespace, subject: new Map(), ...rules }), targets: [] };
}
