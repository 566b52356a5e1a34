import { refText } from '../model/object-ref.ts';
import type { Policy } from '../model/policy.ts';
import { conflictsOf, isDeniedBy } from './conflicts.ts';
import { manifestRef } from './manifest.ts';
import { MIN_OBSERVATION_MS } from './recommend-input.ts';
import type { RecommendInput } from './recommend-input.ts';
import type { Recommendation, Subject } from './recommendation.ts';
import { generalisationsOf, guaranteesOf, inexpressibleOf, keptAllowancesOf, observationOf } from './result.ts';
import { compareText } from './scope.ts';
import type { Target } from './target.ts';
import { lengthMs, spanDates } from './survey.ts';
import type { TightenItem } from './tighten-item.ts';
import type { TightenMaterial, TightenRound } from './tighten-network.ts';

/** Writes down what tightening came to. */
export function tightenResult(
  input: RecommendInput,
  material: TightenMaterial & {
    readonly round: TightenRound;
    readonly items: readonly TightenItem[];
    readonly left: readonly Policy[];
  },
): Recommendation {
  const { survey, context, before, round, items, left } = material;
  const narrowed = items.filter(({ level }) => level === 'narrow').map(({ target }) => target);
  return {
    kind: input.kind,
    mode: input.mode,
    profile: context.profile,
    at: input.now,
    observation: observationOf(input, survey),
    manifests: round.manifests.toSorted((a, b) => compareText(refText(manifestRef(a)), refText(manifestRef(b)))),
    replaces: round.manifests.map(manifestRef),
    subjects: subjectsOf(input, material),
    generalisations: generalisationsOf(narrowed.map(aboutWorkloads)),
    keptAllowances: keptAllowancesOf({ checked: round }),
    conflicts: conflictsOf({
      survey,
      isDenied: (sighting) => sighting.layer === 'l4' && isDeniedBy(before, sighting),
      openedByKept: round.verification.openedByKept,
      deniedButNeeded: round.deniedButNeeded,
    }),
    inexpressible: inexpressibleOf(items.map(({ target }) => target)),
    guarantees: guaranteesOf(round),
    problems: [
      ...material.problems,
      ...left.map(({ ref, source }) => ({
        severity: 'warning' as const,
        code: 'unsupported' as const,
        object: ref,
        source,
        path: '',
        message: 'parts of the policy are not understood: it is left as it is',
      })),
    ],
  };
}

/** Its policy is about all of the workloads: what one of them needs, all may. */
export function aboutWorkloads(target: Target): Target {
  const { members, first } = target.unit;
  return { ...target, unit: { ...target.unit, first: members[0]?.ref ?? first } };
}

function subjectsOf(
  input: RecommendInput,
  { items, survey }: { items: readonly TightenItem[]; survey: TightenMaterial['survey'] },
): readonly Subject[] {
  const { minObservationMs = MIN_OBSERVATION_MS } = input;
  const subjects = new Map<string, Subject>();
  for (const item of items) {
    for (const { ref, key } of item.target.unit.members) {
      const id = `${key} ${item.direction}`;
      const before = subjects.get(id);
      const seen = survey.seen.of(key, item.direction);
      const span = survey.spans.get(key) ?? { fromMs: Infinity, toMs: -Infinity };
      const policy = item.policy.ref;
      const state = stateOf(item);
      subjects.set(id, {
        workload: ref,
        direction: item.direction,
        state: before?.state === 'tightened' ? 'tightened' : state,
        policies: [...(before?.policies ?? []), ...(item.level === 'keep' ? [] : [policy])].toSorted((a, b) =>
          compareText(a.name, b.name),
        ),
        connections: seen.length,
        incomplete: seen.filter(({ allowed }) => !allowed.complete).length,
        ...spanDates(span),
        short: lengthMs(span) < minObservationMs,
        reasons: [
          ...(before?.reasons ?? []),
          ...item.target.reasons.list().map((reason) => `${refText(policy)}: ${reason}`),
        ],
      });
    }
  }
  return [...subjects].toSorted(([a], [b]) => compareText(a, b)).map(([, subject]) => subject);
}

function stateOf({ level, observed, target }: TightenItem): Subject['state'] {
  if (level !== 'keep') return 'tightened';
  if (!observed) return 'unobserved';
  return !target.reasons.isEmpty ? 'withheld' : 'isolated';
}
