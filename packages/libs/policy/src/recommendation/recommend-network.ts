import { compileNetwork } from '../network/engine/compile-network.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { Direction } from '../network/rule.ts';
import type { ExpressionContext, PolicyForm } from './expression.ts';
import { checkPlan } from './network-recommendation.ts';
import { recommendationProfile } from './network-profile.ts';
import { leaveOpen } from './plan.ts';
import type { Plan } from './plan.ts';
import type { Reasons } from './reasons.ts';
import type { RecommendInput } from './recommend-input.ts';
import type { Recommendation } from './recommendation.ts';
import { resultOf } from './result.ts';
import { surveyOf } from './survey.ts';
import type { Survey } from './survey.ts';
import { makeTarget } from './target.ts';
import { tightenNetwork } from './tighten-network.ts';
import { unitsOf } from './unit.ts';
import type { Unit } from './unit.ts';

/** Recommends NetworkPolicy or CiliumNetworkPolicy objects. */
export function recommendNetwork(form: PolicyForm, input: RecommendInput): Recommendation {
  const { profile, problems } = recommendationProfile(input.profile, form.kind);
  const survey = surveyOf(input);
  const { cluster } = input;
  const before = compileNetwork(cluster, { profile: profile.network });
  const context: ExpressionContext = {
    cluster,
    catalogue: survey.catalogue,
    profile,
    blocks: input.blocks ?? {},
    podsPeers: new Map(),
    isThere: (query) => before.resolve(query).every((peer) => before.podsOf(peer).length > 0),
  };
  if (input.mode === 'tighten-existing') return tightenNetwork(form, input, { survey, context, before, problems });
  const plan = planOf(form, input.mode, { survey, context, before });
  const checked = checkPlan(plan, { before, sightings: survey.sightings, context });
  return resultOf(input, { plan, checked, survey, context, before, problems });
}

function planOf(
  form: PolicyForm,
  mode: Plan['mode'],
  { survey, context, before }: { survey: Survey; context: ExpressionContext; before: NetworkEngine },
): Plan {
  const { namespaces, catalogue, seen } = survey;
  const { units, unselectable } = unitsOf(catalogue, namespaces);
  const leftOpen: Plan['leftOpen'] = new Map(namespaces.map((namespace) => [namespace, new Map<Direction, Reasons>()]));
  for (const { workload, why } of unselectable) {
    for (const direction of form.directions) {
      if (seen.of(workload.key, direction).length === 0) continue;
      leaveOpen(leftOpen, workload.ref.namespace, direction, `${workload.key} can't be selected: ${why}`);
    }
  }
  const targets = units.flatMap((unit) =>
    form.directions.map((direction) =>
      makeTarget(form, { unit, direction, isolated: isIsolated(before, unit, direction) }, seen, context),
    ),
  );
  const taken = Map.groupBy(
    context.cluster.policies.filter(({ ref }) => ref.kind === form.objectKind),
    ({ ref }) => ref.namespace,
  );
  const names = new Map(
    [...taken].map(([namespace, policies]) => [namespace, new Set(policies.map(({ ref }) => ref.name))]),
  );
  return { form, mode, targets, leftOpen, namespaces, taken: names };
}

/** Whether all pods are isolated already. */
function isIsolated(engine: NetworkEngine, { pods }: Unit, direction: Direction): boolean {
  const peers = new Set(pods.flatMap(({ namespace, name }) => engine.resolve({ pod: { namespace, name } })));
  return peers.size > 0 && [...peers].every((peer) => engine.isolating(direction, peer).length > 0);
}
