import type { AuthorizationEngine, AuthorizationRequest } from '../authorization/request.ts';
import { refText } from '../model/object-ref.ts';
import { permitsOf, permitsOfManifest } from './authorization-closure.ts';
import { authorizationQuestion } from './authorization-question.ts';
import type { Written } from './plan.ts';
import { manifestRef } from './manifest.ts';
import type { Guarantees } from './recommendation.ts';
import { isNeeded } from './sighting.ts';
import type { Sighting } from './sighting.ts';

/** A guarantee that the recommended policies would break for a workload. */
export interface AuthorizationBreak {
  readonly guarantee: keyof Guarantees;
  /** refText. */
  readonly workload: string;
  readonly sighting?: Sighting;
  readonly explanation: string;
}

/** What the check found. */
export interface AuthorizationVerification {
  readonly breaks: readonly AuthorizationBreak[];
  readonly checked: Record<keyof Guarantees, number>;
  readonly unchecked: Record<keyof Guarantees, number>;
  readonly openedByKept: readonly Sighting[];
}

/** What is left of a plan after its check. */
export interface CheckedAuthorization {
  readonly written: readonly Written[];
  readonly verification: AuthorizationVerification;
  readonly deniedButNeeded: ReadonlySet<Sighting>;
  readonly withheld: Readonly<Record<keyof Guarantees, number>>;
}

/** No certificate has it: what it may do, everybody may. */
const stranger = 'kestrel.invalid/ns/kestrel-probe/sa/kestrel-probe';

/** A path that nobody asks for. */
const strangePath = '/kestrel-probe-7c1d/that/nobody/asks/for';

/** Checks the three guarantees for all workloads that the written policies select. */
export function verifyAuthorization(input: {
  readonly after: AuthorizationEngine;
  readonly before: AuthorizationEngine;
  readonly written: readonly Written[];
  readonly sightings: readonly Sighting[];
  /** Whether a recommended policy is about the workload. */
  readonly isSelected: (workload: string) => boolean;
}): AuthorizationVerification {
  const breaks: AuthorizationBreak[] = [];
  const checked = { allowedStays: 0, withinObserved: 0, deniedStays: 0 };
  const unchecked = { allowedStays: 0, withinObserved: 0, deniedStays: 0 };
  const openedByKept: Sighting[] = [];
  const recommended = new Set(input.written.map(({ manifest }) => refText(manifestRef(manifest))));
  for (const sighting of input.sightings) {
    const question = authorizationQuestion(sighting);
    if (question === undefined || sighting.destination.kind !== 'pods') continue;
    const workload = sighting.destination.workload.key;
    if (!input.isSelected(workload)) continue;
    if (isNeeded(sighting)) {
      checked.allowedStays += 1;
      const { outcome, reason } = quickly(input.after, question);
      if (outcome === 'allowed') continue;
      const explanation =
        outcome === 'denied' ? 'it would be denied' : `it can't be told whether it would stay allowed (${reason})`;
      breaks.push({ guarantee: 'allowedStays', workload, sighting, explanation });
    } else if (sighting.verdict === 'denied') {
      checked.deniedStays += 1;
      if (input.after.outcome(question) === 'denied') continue;
      const byRecommended = input.after.matching(question).some(({ policy }) => recommended.has(refText(policy)));
      if (!byRecommended && input.before.outcome(question) !== 'denied') openedByKept.push(sighting);
      else
        breaks.push({
          guarantee: 'deniedStays',
          workload,
          sighting,
          explanation: 'it was denied, and a needed rule would allow it',
        });
    }
  }
  for (const written of input.written) checkPermitted(input, written, breaks, checked);
  return { breaks, checked, unchecked, openedByKept };
}

function quickly(
  engine: AuthorizationEngine,
  question: AuthorizationRequest,
): { readonly outcome: string; readonly reason: string } {
  const outcome = engine.outcome(question);
  return outcome === 'allowed' ? { outcome, reason: '' } : engine.verdict(question);
}

/** Holds the rules, as they stand in the object, against what was seen; then asks the engine for what nobody did. */
function checkPermitted(
  { before, after }: { readonly before: AuthorizationEngine; readonly after: AuthorizationEngine },
  { manifest, targets }: Written,
  breaks: AuthorizationBreak[],
  checked: Record<keyof Guarantees, number>,
): void {
  const seen = permitsOf(targets.flatMap(({ needs }) => needs.allowances));
  const wider = permitsOfManifest(manifest).find((permit) => !seen.has(permit));
  for (const { unit, needs } of targets) {
    checked.withinObserved += 1;
    const add = (explanation: string): void =>
      void breaks.push({ guarantee: 'withinObserved', workload: refText(unit.first), explanation });
    if (wider !== undefined) add(`more would be allowed than was seen: ${wider}`);
    for (const port of new Set(needs.allowances.map((each) => each.port.port))) {
      for (const pod of unit.pods) {
        const probe: AuthorizationRequest = {
          source: { principal: stranger, ip: '192.0.2.1' },
          destination: { namespace: pod.namespace, pod: pod.name, port },
          protocol: 'TCP',
          http: { method: 'KESTREL', path: strangePath, host: 'kestrel.invalid', headers: {} },
        };
        // Before there may have been no ALLOW policy at all; then the rules of one that stays do not matter.
        if (after.outcome(probe) === 'allowed' && before.matching(probe).length === 0)
          add(`a stranger would be allowed at port ${port}`);
      }
    }
  }
}
