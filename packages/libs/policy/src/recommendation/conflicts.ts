import type { NetworkEngine } from '../network/engine/network-engine.ts';
import { refText } from '../model/object-ref.ts';
import type { Rule } from '../network/rule.ts';
import type { Conflict } from './recommendation.ts';
import { compareText } from './scope.ts';
import { connectionText, exampleRequest, isNeeded } from './sighting.ts';
import type { Sighting } from './sighting.ts';
import type { Survey } from './survey.ts';

/** Evidence that contradicts itself, the policies, or a recommendation, for what was looked at. */
export function conflictsOf({
  survey,
  isDenied,
  openedByKept,
  deniedButNeeded,
}: {
  readonly survey: Pick<Survey, 'sightings' | 'namespaces'>;
  /** Whether the policies as they stand deny it. */
  readonly isDenied: (sighting: Sighting) => boolean;
  readonly openedByKept: readonly { readonly sighting: Sighting; readonly rule: Rule | undefined }[];
  readonly deniedButNeeded: ReadonlySet<Sighting>;
}): readonly Conflict[] {
  const conflicts: Conflict[] = [];
  const add = (kind: Conflict['kind'], sighting: Sighting, explanation: string): void =>
    void conflicts.push({
      kind,
      connection: connectionText(sighting),
      deniedLast: dateOf(sighting.deniedMs ?? (kind === 'audited' ? sighting.auditedMs : undefined)),
      allowedLast: dateOf(sighting.allowedMs),
      explanation,
    });
  const namespaces = new Set(survey.namespaces);
  for (const sighting of survey.sightings) {
    if (!concerns(sighting, namespaces) || !isNeeded(sighting)) continue;
    if (sighting.deniedMs !== undefined)
      add('denied-then-allowed', sighting, 'it was denied, and let through later: it is taken as allowed');
    if (sighting.auditedMs !== undefined) {
      add(
        'audited',
        sighting,
        'a policy in audit mode would have denied it: it is taken as allowed, since it was let through',
      );
    }
    if (isDenied(sighting)) {
      add(
        'allowed-but-denied-by-policy',
        sighting,
        'it was let through, but the policies as they stand deny it: they are younger, or not enforced',
      );
    }
  }
  for (const { sighting, rule } of openedByKept) {
    add('denied-but-allowed-by-policy', sighting, `it was denied, but ${ruleText(rule)}`);
  }
  for (const sighting of deniedButNeeded) {
    add(
      'denied-but-needed',
      sighting,
      'it was denied, and a rule that other traffic needs would allow it: that rule is not given',
    );
  }
  const keyed = conflicts.map((conflict) => ({ conflict, key: keyOf(conflict) }));
  return keyed.toSorted((a, b) => compareText(a.key, b.key)).map(({ conflict }) => conflict);
}

function concerns({ source, destination }: Sighting, namespaces: ReadonlySet<string>): boolean {
  return [source, destination].some((end) => end.kind === 'pods' && namespaces.has(end.workload.ref.namespace));
}

/** Whether the policies of an engine deny a connection. */
export function isDeniedBy(engine: NetworkEngine, { source, destination, protocol, port, request }: Sighting): boolean {
  const asked = request === undefined ? undefined : exampleRequest(request);
  const pairs = engine.pairs(source.query, destination.query);
  return pairs.length > 0 && pairs.every(([from, to]) => engine.outcome(from, to, protocol, port, asked) === 'denied');
}

function ruleText(rule: Rule | undefined): string {
  return rule === undefined
    ? 'no policy that stays denies it'
    : `${refText(rule.policy)} ${rule.path} allows it, and stays`;
}

function keyOf({ kind, connection: { source, destination, protocol, port, request } }: Conflict): string {
  return `${kind} ${source} ${destination} ${protocol} ${port} ${request ?? ''}`;
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined || !Number.isFinite(ms) ? undefined : new Date(ms);
}
