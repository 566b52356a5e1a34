import type { AuthorizationEngine } from '../authorization/request.ts';
import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import { authorizationQuestion } from './authorization-question.ts';
import { isAllow } from './allow-policy.ts';
import type { CheckedAuthorization } from './authorization-verification.ts';
import { conflictsOf } from './conflicts.ts';
import type { ExpressionContext } from './expression.ts';
import { isWritten } from './plan.ts';
import type { Plan } from './plan.ts';
import { MIN_OBSERVATION_MS } from './recommend-input.ts';
import type { RecommendInput } from './recommend-input.ts';
import type { KeptAllowance, Recommendation, Subject } from './recommendation.ts';
import { generalisationsOf, guaranteesOf, inexpressibleOf, observationOf, subjectsOf } from './result.ts';
import { compareText } from './scope.ts';
import { lengthMs, spanDates } from './survey.ts';
import type { Survey } from './survey.ts';
import type { Target } from './target.ts';
import type { Unit } from './unit.ts';

/** Writes down what came out for AuthorizationPolicy objects. */
export function authorizationResult(
  input: RecommendInput,
  material: {
    readonly plan: Plan;
    readonly checked: CheckedAuthorization;
    readonly survey: Survey;
    readonly context: ExpressionContext;
    readonly before: AuthorizationEngine;
    readonly unenforced: ReadonlySet<Unit>;
  },
): Recommendation {
  const { plan, checked, survey, context, before, unenforced } = material;
  const chosen = plan.targets.filter((target) => isWritten(plan, target));
  const subjects = [...subjectsOf(input, material), ...unenforcedSubjects(input, unenforced, survey)];
  return {
    kind: input.kind,
    mode: input.mode,
    profile: context.profile,
    at: input.now,
    observation: observationOf(input, survey),
    manifests: checked.written.map(({ manifest }) => manifest),
    replaces: [],
    subjects: subjects.toSorted((a, b) => compareText(refText(a.workload), refText(b.workload))),
    generalisations: generalisationsOf(chosen),
    keptAllowances: keptOf(chosen, before),
    conflicts: authorizationConflicts({ survey, before, checked }),
    inexpressible: inexpressibleOf(plan.targets),
    guarantees: guaranteesOf(checked),
    problems: [],
  };
}

/** Conflicts as the authorization engine sees them. */
export function authorizationConflicts({
  survey,
  before,
  checked,
}: {
  readonly survey: Survey;
  readonly before: AuthorizationEngine;
  readonly checked: Pick<CheckedAuthorization, 'verification' | 'deniedButNeeded'>;
}): Recommendation['conflicts'] {
  return conflictsOf({
    survey,
    isDenied: (sighting) => {
      const question = authorizationQuestion(sighting);
      return question !== undefined && before.outcome(question) === 'denied';
    },
    openedByKept: checked.verification.openedByKept.map((sighting) => ({ sighting, rule: undefined })),
    deniedButNeeded: checked.deniedButNeeded,
  });
}

function unenforcedSubjects(input: RecommendInput, units: ReadonlySet<Unit>, survey: Survey): readonly Subject[] {
  const { minObservationMs = MIN_OBSERVATION_MS } = input;
  const workloads = new Map([...units].flatMap(({ members }) => members.map((each) => [each.key, each.ref] as const)));
  return [...workloads].map(([key, workload]) => {
    const span = survey.spans.get(key) ?? { fromMs: Infinity, toMs: -Infinity };
    return {
      workload,
      direction: 'ingress',
      state: 'withheld',
      policies: [],
      connections: survey.seen.of(key, 'ingress').length,
      incomplete: 0,
      ...spanDates(span),
      short: lengthMs(span) < minObservationMs,
      reasons: ['no data plane of Istio enforces authorization there'],
    };
  });
}

/** ALLOW policies that stay and are about what is newly selected. */
function keptOf(targets: readonly Target[], engine: AuthorizationEngine): readonly KeptAllowance[] {
  const known = new Map<string, { readonly policy: ObjectRef; readonly workloads: Map<string, ObjectRef> }>();
  for (const { unit } of targets) {
    for (const { namespace, name, workload } of unit.pods) {
      for (const policy of engine.applying({ namespace, pod: name, port: 1 })) {
        if (!isAllow(policy)) continue;
        const key = refText(policy.ref);
        const entry = known.get(key) ?? { policy: policy.ref, workloads: new Map<string, ObjectRef>() };
        entry.workloads.set(refText(workload), workload);
        known.set(key, entry);
      }
    }
  }
  return [...known]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, { policy, workloads }]) => ({
      policy,
      path: 'spec',
      direction: 'ingress',
      workloads: [...workloads.values()],
    }));
}
