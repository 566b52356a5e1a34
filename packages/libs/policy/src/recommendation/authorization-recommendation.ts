import { compileAuthorization } from '../authorization/compile-authorization.ts';
import type { AuthorizationEngine, EnforcingDataPlane } from '../authorization/request.ts';
import { isAllow } from './allow-policy.ts';
import { authorizationPolicies } from './authorization-expression.ts';
import { authorizationResult } from './authorization-result.ts';
import { verifyAuthorization } from './authorization-verification.ts';
import type { CheckedAuthorization } from './authorization-verification.ts';
import type { ExpressionContext } from './expression.ts';
import { manifestPolicy } from './manifest.ts';
import { sentence } from './network-recommendation.ts';
import { deniedByDefault, isWritten, leaveOpen, write } from './plan.ts';
import type { Plan } from './plan.ts';
import type { RecommendInput } from './recommend-input.ts';
import type { Recommendation } from './recommendation.ts';
import type { Sighting } from './sighting.ts';
import { surveyOf } from './survey.ts';
import type { Survey } from './survey.ts';
import { fallBack, makeTarget, SeenByWorkload } from './target.ts';
import type { Target } from './target.ts';
import { tightenAuthorization } from './tighten-authorization.ts';
import { unitsOf } from './unit.ts';
import type { Unit } from './unit.ts';

/** Recommends AuthorizationPolicy objects. */
export function recommendAuthorization(input: RecommendInput): Recommendation {
  const whole = surveyOf(input);
  const sightings = judged(whole.sightings);
  const survey: Survey = { ...whole, sightings, seen: new SeenByWorkload(sightings) };
  const before = compileAuthorization(input.cluster, input.profile.authorization);
  const context: ExpressionContext = {
    cluster: input.cluster,
    catalogue: survey.catalogue,
    profile: input.profile,
    blocks: input.blocks ?? {},
    podsPeers: new Map(),
    isThere: () => true,
  };
  if (input.mode === 'tighten-existing') return tightenAuthorization(input, { survey, context, before });
  const { plan, unenforced } = planOf(input.mode, survey, context, before);
  const checked = checkPlan(plan, { survey, context, before });
  return authorizationResult(input, { plan, checked, survey, context, before, unenforced });
}

/** What authorization judges: TCP that arrives. Records of requests take the place of those of the same connections. */
function judged(sightings: readonly Sighting[]): readonly Sighting[] {
  const requested = new Set(sightings.filter(({ layer }) => layer === 'l7').map(connectionOf));
  return sightings.filter((each) => {
    if (each.protocol !== 'TCP' || each.destination.kind !== 'pods') return false;
    if (each.layer === 'l7') return true;
    // The kubelet's probes pass by the proxies; and what a network policy refused never came to one.
    if ((each.source.kind === 'node' && each.source.side === 'host') || each.verdict === 'denied') return false;
    return !requested.has(connectionOf(each));
  });
}

/** Equal for what may be the same connections. */
function connectionOf({ source, destination, port }: Sighting): string {
  const from = source.kind === 'pods' ? source.workload.key : `@${source.id}`;
  return `${from}>${destination.kind === 'pods' ? destination.workload.key : ''}>${port}`;
}

function planOf(
  mode: Plan['mode'],
  survey: Survey,
  context: ExpressionContext,
  before: AuthorizationEngine,
): { readonly plan: Plan; readonly unenforced: ReadonlySet<Unit> } {
  const { rootNamespace } = before.profile;
  // A policy in the root namespace is about the whole mesh.
  const namespaces = survey.namespaces.filter((namespace) => namespace !== rootNamespace);
  const { units, unselectable } = unitsOf(survey.catalogue, namespaces);
  const leftOpen: Plan['leftOpen'] = new Map(namespaces.map((namespace) => [namespace, new Map()]));
  for (const { workload, why } of unselectable) {
    if (survey.seen.of(workload.key, 'ingress').length === 0) continue;
    leaveOpen(leftOpen, workload.ref.namespace, 'ingress', `${workload.key} can't be selected: ${why}`);
  }
  const unenforced = new Set<Unit>();
  const targets = units.flatMap((unit): Target[] => {
    const plane = dataPlaneOf(before, unit);
    if (plane === 'none') {
      unenforced.add(unit);
      return [];
    }
    const dataPlane = plane === 'ztunnel' ? plane : context.profile.authorization.dataPlane;
    const authorization = { ...context.profile.authorization, dataPlane };
    const own = { ...context, profile: { ...context.profile, authorization } };
    const isolated = unit.pods.every((pod) =>
      before.applying({ namespace: pod.namespace, pod: pod.name, port: 1 }).some(isAllow),
    );
    return [makeTarget(authorizationPolicies, { unit, direction: 'ingress', isolated }, survey.seen, own)];
  });
  const taken = new Map(
    namespaces.map((namespace) => [
      namespace,
      new Set(
        context.cluster.policies.flatMap(({ ref }) =>
          ref.kind === 'AuthorizationPolicy' && ref.namespace === namespace ? [ref.name] : [],
        ),
      ),
    ]),
  );
  return { plan: { form: authorizationPolicies, mode, targets, leftOpen, namespaces, taken }, unenforced };
}

function dataPlaneOf(engine: AuthorizationEngine, { pods }: Unit): EnforcingDataPlane {
  const planes = new Set(
    pods.map(
      ({ namespace, name }) =>
        engine.verdict({ source: {}, destination: { namespace, pod: name, port: 1 }, protocol: 'TCP' }).dataPlane,
    ),
  );
  const [plane, ...others] = planes;
  return plane === undefined || others.length > 0 ? 'unknown' : plane;
}

function checkPlan(
  plan: Plan,
  { survey, context, before }: { survey: Survey; context: ExpressionContext; before: AuthorizationEngine },
): CheckedAuthorization {
  const deniedButNeeded = new Set<Sighting>();
  const withheld = { allowedStays: 0, withinObserved: 0, deniedStays: 0 };
  const targetsOf = targetsByWorkload(plan);
  for (let round = 1; ; round += 1) {
    const written = write(plan);
    const after = before.with([
      ...context.cluster.policies,
      ...written.map(({ manifest }) => manifestPolicy(manifest)),
    ]);
    const denied = new Set(plan.namespaces.filter((namespace) => deniedByDefault(plan, namespace).length > 0));
    const isSelected = (workload: string): boolean => {
      const targets = targetsOf.get(workload) ?? [];
      return targets.some((target) => isWritten(plan, target) || denied.has(target.unit.namespace));
    };
    const verification = verifyAuthorization({ after, before, written, sightings: survey.sightings, isSelected });
    // Withholding more each time must end; if it does not, giving nothing is all that is left.
    if (round > plan.targets.length + 2)
      throw new Error('what is recommended still breaks a guarantee after all was withheld');
    const repaired = new Set<Target>();
    for (const { guarantee, workload, sighting, explanation } of verification.breaks) {
      if (guarantee === 'deniedStays' && sighting !== undefined) deniedButNeeded.add(sighting);
      const reason = sighting === undefined ? explanation : `${sentence(sighting)}: ${explanation}`;
      for (const target of targetsOf.get(workload) ?? []) {
        if (repaired.has(target) || target.level === 'withheld') continue;
        repaired.add(target);
        // Requests without limits would be wider: nothing lies between what was seen and nothing.
        target.level = 'plain';
        fallBack(plan.form, target, reason, context);
        withheld[guarantee] += 1;
      }
    }
    if (verification.breaks.length === 0) return { written, verification, deniedButNeeded, withheld };
    if (repaired.size === 0) withholdAll(plan, verification.breaks[0]?.explanation ?? '');
  }
}

/** The last resort: what breaks a guarantee can't be told from the rest. */
function withholdAll({ targets }: Plan, reason: string): void {
  for (const target of targets) {
    target.level = 'withheld';
    target.reasons.add(reason);
  }
}

function targetsByWorkload({ targets }: Plan): ReadonlyMap<string, readonly Target[]> {
  const byWorkload = new Map<string, Target[]>();
  for (const target of targets) {
    for (const { key } of target.unit.members) {
      const known = byWorkload.get(key);
      if (known === undefined) byWorkload.set(key, [target]);
      else known.push(target);
    }
  }
  return byWorkload;
}
