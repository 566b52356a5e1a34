import type { Direction } from '../network/rule.ts';
import { needsOf } from './allowances.ts';
import type { Needs } from './allowances.ts';
import type { ExpressionContext, PolicyForm } from './expression.ts';
import { isNeeded } from './sighting.ts';
import type { Sighting } from './sighting.ts';
import { Reasons } from './reasons.ts';
import type { Unit } from './unit.ts';

/** One direction of what one policy selects, on its way to a recommendation. */
export interface Target {
  readonly unit: Unit;
  readonly direction: Direction;
  /** What was let through and must stay so. */
  readonly sightings: readonly Sighting[];
  /** Policies isolate all of its pods already. */
  readonly isolated: boolean;
  /** See {@link needsOf}: falls back to what is nearest to the evidence before it is withheld. */
  level: 'full' | 'plain' | 'withheld';
  needs: Needs;
  /** Why it is withheld. */
  readonly reasons: Reasons;
}

/** What was let through, by workload and direction. */
export class SeenByWorkload {
  readonly #seen: Readonly<Record<Direction, Map<string, Sighting[]>>> = { ingress: new Map(), egress: new Map() };

  constructor(sightings: readonly Sighting[]) {
    for (const sighting of sightings) {
      if (!isNeeded(sighting)) continue;
      this.#add('egress', sighting.source, sighting);
      this.#add('ingress', sighting.destination, sighting);
    }
  }

  of(workload: string, direction: Direction): readonly Sighting[] {
    return this.#seen[direction].get(workload) ?? [];
  }

  #add(direction: Direction, end: Sighting['source'], sighting: Sighting): void {
    if (end.kind !== 'pods') return;
    const known = this.#seen[direction].get(end.workload.key);
    if (known === undefined) this.#seen[direction].set(end.workload.key, [sighting]);
    else known.push(sighting);
  }
}

const nothing: Needs = { allowances: [], widened: [], unsaid: [], blocking: [] };

/** A target with what it needs, as far as that can be said. */
export function makeTarget(
  form: PolicyForm,
  about: Pick<Target, 'unit' | 'direction' | 'isolated'>,
  seen: SeenByWorkload,
  context: ExpressionContext,
): Target {
  const sightings = about.unit.members.flatMap(({ key }) => seen.of(key, about.direction));
  return targetFor(form, about, sightings, context);
}

/** A target with what just these sightings need. */
export function targetFor(
  form: PolicyForm,
  { unit, direction, isolated }: Pick<Target, 'unit' | 'direction' | 'isolated'>,
  sightings: readonly Sighting[],
  context: ExpressionContext,
): Target {
  // What is left as it is needs nothing.
  const needs = isolated ? nothing : needsOf(form, { unit, direction, sightings, plain: false }, context);
  const blocked = needs.blocking.length > 0;
  return {
    unit,
    direction,
    sightings,
    isolated,
    level: blocked ? 'withheld' : 'full',
    needs,
    reasons: new Reasons(blocked ? needs.blocking : []),
  };
}

/** Falls back: first to what is nearest to what was seen, then to nothing. */
export function fallBack(form: PolicyForm, target: Target, reason: string, context: ExpressionContext): void {
  if (target.level === 'full') {
    target.level = 'plain';
    target.needs = needsOf(form, { ...target, plain: true }, context);
    return;
  }
  target.level = 'withheld';
  target.reasons.add(reason);
}
