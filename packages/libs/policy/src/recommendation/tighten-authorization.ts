import type { AuthorizationEngine } from '../authorization/request.ts';
import type { Policy } from '../model/policy.ts';
import { refText } from '../model/object-ref.ts';
import { authorizationPolicies } from './authorization-expression.ts';
import { authorizationConflicts } from './authorization-result.ts';
import { authorizationQuestion } from './authorization-question.ts';
import { isAllow } from './allow-policy.ts';
import { permitsOfManifest } from './authorization-closure.ts';
import { verifyAuthorization } from './authorization-verification.ts';
import type { AuthorizationVerification } from './authorization-verification.ts';
import type { ExpressionContext } from './expression.ts';
import { EVIDENCE_ANNOTATION, manifestPolicy, manifestRef } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { mergeRules } from './merge-rules.ts';
import { sentence } from './network-recommendation.ts';
import { MIN_OBSERVATION_MS } from './recommend-input.ts';
import type { RecommendInput } from './recommend-input.ts';
import type { Recommendation, Subject } from './recommendation.ts';
import { generalisationsOf, guaranteesOf, inexpressibleOf, observationOf } from './result.ts';
import { compareText } from './scope.ts';
import { isNeeded } from './sighting.ts';
import type { Sighting } from './sighting.ts';
import { lengthMs, spanDates } from './survey.ts';
import type { Survey } from './survey.ts';
import { aboutWorkloads } from './tighten-result.ts';
import { targetFor } from './target.ts';
import type { Target } from './target.ts';

/** An ALLOW policy that may get a new text. */
interface Candidate {
  readonly policy: Policy;
  readonly target: Target;
  readonly manifest: Manifest;
  /** Whether its new text is still to be given. */
  given: boolean;
}

interface Material {
  readonly survey: Survey;
  readonly context: ExpressionContext;
  readonly before: AuthorizationEngine;
}

/** Recommends new texts for ALLOW policies that let more through than was seen. */
export function tightenAuthorization(input: RecommendInput, material: Material): Recommendation {
  const { survey, context, before } = material;
  const namespaces = new Set(survey.namespaces);
  const policies = input.cluster.policies.filter((policy) => isAllow(policy) && namespaces.has(policy.ref.namespace));
  const candidates = policies.flatMap((policy) => candidateOf(policy, material) ?? []);
  const deniedButNeeded = new Set<Sighting>();
  const withheld = { allowedStays: 0, withinObserved: 0, deniedStays: 0 };
  let verification: AuthorizationVerification;
  for (;;) {
    const given = candidates.filter((candidate) => candidate.given);
    verification = checkTexts(input, given, material);
    if (verification.breaks.length === 0) break;
    for (const { guarantee, workload, sighting, explanation } of verification.breaks) {
      if (guarantee === 'deniedStays' && sighting !== undefined) deniedButNeeded.add(sighting);
      const about = given.filter(({ target }) => target.unit.members.some(({ key }) => key === workload));
      for (const candidate of about.length === 0 ? given : about) {
        candidate.target.reasons.add(sighting === undefined ? explanation : `${sentence(sighting)}: ${explanation}`);
        if (candidate.given) withheld[guarantee] += 1;
        candidate.given = false;
      }
    }
  }
  const given = candidates.filter((candidate) => candidate.given);
  const checked = { verification, deniedButNeeded, withheld };
  return {
    kind: input.kind,
    mode: input.mode,
    profile: context.profile,
    at: input.now,
    observation: observationOf(input, survey),
    manifests: given
      .map(({ manifest }) => manifest)
      .toSorted((a, b) => compareText(refText(manifestRef(a)), refText(manifestRef(b)))),
    replaces: given.map(({ policy }) => policy.ref),
    subjects: subjectsOf(input, candidates, survey),
    generalisations: generalisationsOf(given.map(({ target }) => aboutWorkloads(target))),
    keptAllowances: [],
    conflicts: authorizationConflicts({ survey, before, checked }),
    inexpressible: inexpressibleOf(candidates.map(({ target }) => target)),
    guarantees: guaranteesOf(checked),
    problems: [],
  };
}

function checkTexts(
  input: RecommendInput,
  given: readonly Candidate[],
  { survey, before }: Material,
): AuthorizationVerification {
  const young = new Map(given.map(({ policy, manifest }) => [policy, manifestPolicy(manifest)]));
  const selected = new Set(given.flatMap(({ target }) => target.unit.members.map(({ key }) => key)));
  return verifyAuthorization({
    before,
    after: before.with(input.cluster.policies.map((policy) => young.get(policy) ?? policy)),
    written: given.map(({ manifest, target }) => ({ manifest, targets: [target] })),
    // What the policies as they stand do not let through for sure can't stay allowed.
    sightings: survey.sightings.filter((sighting) => {
      const question = authorizationQuestion(sighting);
      return !isNeeded(sighting) || (question !== undefined && before.outcome(question) === 'allowed');
    }),
    isSelected: (workload) => selected.has(workload),
  });
}

/** The new text of a policy, where what was seen says less than the old one. */
function candidateOf(policy: Policy, { survey, context, before }: Material): Candidate | undefined {
  const [body] = policy.specs;
  // Policies for gateways and waypoints are about more than pods; one without rules denies already.
  if (body === undefined || 'targetRefs' in body.body || 'targetRef' in body.body || !('rules' in body.body))
    return undefined;
  const name = refText(policy.ref);
  const members = survey.catalogue
    .namespaces()
    .flatMap((namespace) =>
      survey.catalogue
        .ofNamespace(namespace)
        .filter(({ pods }) =>
          pods.some((pod) => before.applying({ namespace, pod: pod.name, port: 1 }).includes(policy)),
        ),
    );
  const all = members.flatMap(({ key }) => survey.seen.of(key, 'ingress'));
  const used = all.filter((sighting) => {
    const question = authorizationQuestion(sighting);
    return question !== undefined && before.matching(question).some((each) => refText(each.policy) === name);
  });
  if (used.length === 0) return undefined;
  const unit = {
    namespace: policy.ref.namespace,
    labels: new Map<string, string>(),
    first: policy.ref,
    members,
    pods: members.flatMap(({ pods }) => pods),
    existing: policy.ref,
  };
  const target = targetFor(authorizationPolicies, { unit, direction: 'ingress', isolated: false }, used, context);
  const rules = mergeRules(target.needs.allowances, { namespace: policy.ref.namespace });
  const written = authorizationPolicies.write({
    name: policy.ref.name,
    namespace: policy.ref.namespace,
    subject: new Map(),
    ingress: rules,
  });
  const manifest = newText(policy, body.body, written);
  const isNew = !samePermits(manifest, { ...manifest, spec: body.body });
  return { policy, target, manifest, given: target.level !== 'withheld' && isNew };
}

function newText(
  { ref, apiVersion, labels, annotations }: Policy,
  body: Readonly<Record<string, unknown>>,
  written: Manifest,
): Manifest {
  const kept = [...annotations].filter(
    ([key]) => !key.startsWith(EVIDENCE_ANNOTATION) && key !== 'kubectl.kubernetes.io/last-applied-configuration',
  );
  return {
    apiVersion,
    kind: 'AuthorizationPolicy',
    metadata: {
      name: ref.name,
      namespace: ref.namespace,
      ...(labels.size === 0 ? {} : { labels: Object.fromEntries(labels) }),
      annotations: { ...Object.fromEntries(kept), ...written.metadata.annotations },
    },
    spec: { ...body, rules: written.spec['rules'] },
  };
}

function samePermits(a: Manifest, b: Manifest): boolean {
  const [one, other] = [a, b].map((each) => new Set(permitsOfManifest(each)));
  return (
    one !== undefined && other !== undefined && one.size === other.size && [...one].every((each) => other.has(each))
  );
}

function subjectsOf(input: RecommendInput, candidates: readonly Candidate[], survey: Survey): readonly Subject[] {
  const { minObservationMs = MIN_OBSERVATION_MS } = input;
  const subjects = new Map<string, Subject>();
  for (const { policy, target, given } of candidates) {
    for (const { key, ref } of target.unit.members) {
      const before = subjects.get(key);
      const span = survey.spans.get(key) ?? { fromMs: Infinity, toMs: -Infinity };
      const seen = survey.seen.of(key, 'ingress');
      subjects.set(key, {
        workload: ref,
        direction: 'ingress',
        state: given || before?.state === 'tightened' ? 'tightened' : !target.reasons.isEmpty ? 'withheld' : 'isolated',
        policies: [...(before?.policies ?? []), ...(given ? [policy.ref] : [])],
        connections: seen.length,
        incomplete: seen.filter(({ allowed }) => !allowed.complete).length,
        ...spanDates(span),
        short: lengthMs(span) < minObservationMs,
        reasons: [
          ...(before?.reasons ?? []),
          ...target.reasons.list().map((reason) => `${refText(policy.ref)}: ${reason}`),
        ],
      });
    }
  }
  return [...subjects].toSorted(([a], [b]) => compareText(a, b)).map(([, subject]) => subject);
}
