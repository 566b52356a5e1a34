import type { CompiledIsolation, CompiledRule } from './compiled-rule.ts';
import { MAYBE } from './label-index.ts';
import type { Match } from './label-index.ts';

/** Writes down what decides while a point is evaluated. */
export class Trace {
  readonly sure: CompiledRule[] = [];
  readonly unsure: CompiledRule[] = [];
  readonly isolations: CompiledIsolation[] = [];
  /** Allowed only for requests that a rule of {@link sure} describes. */
  byRequest = false;

  rule(rule: CompiledRule, match: Match): void {
    (match === MAYBE ? this.unsure : this.sure).push(rule);
  }

  isolation(isolation: CompiledIsolation): void {
    this.isolations.push(isolation);
  }

  conditional(): void {
    this.byRequest = true;
  }
}
