import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Action, Direction, Isolation, Rule } from '../network/rule.ts';

/** A rule as its policy's author wrote it. A translation may cut it in parts, which stand at paths below its own. */
export interface WrittenRule {
  readonly policy: ObjectRef;
  readonly path: string;
  readonly direction: Direction;
  readonly action: Action;
  readonly parts: readonly [Rule, ...Rule[]];
}

/** The written rules of translated ones, in their order. */
export function writtenRules(rules: readonly Rule[]): readonly WrittenRule[] {
  return [...Map.groupBy(rules, ({ policy }) => refText(policy)).values()].flatMap(ofPolicy);
}

function ofPolicy(rules: readonly Rule[]): readonly WrittenRule[] {
  const found = new Map<Rule, [Rule, ...Rule[]]>();
  for (const rule of rules.toSorted((a, b) => a.path.length - b.path.length)) {
    const whole = [...found.keys()].find((each) => isPart(rule, each));
    if (whole === undefined) found.set(rule, [rule]);
    else found.get(whole)?.push(rule);
  }
  return rules.flatMap((rule): WrittenRule[] => {
    const parts = found.get(rule);
    const { policy, path, direction, action } = rule;
    return parts === undefined ? [] : [{ policy, path, direction, action, parts }];
  });
}

function isPart(rule: Rule, whole: Rule): boolean {
  if (rule.direction !== whole.direction || rule.action !== whole.action || !rule.path.startsWith(whole.path))
    return false;
  return rule.path.length === whole.path.length || '.['.includes(rule.path.charAt(whole.path.length));
}

/** Tells parts of a rule from everything else, by where they stand. */
export function partOf({ parts }: WrittenRule): (each: Rule | Isolation) => boolean {
  const keys = new Set(parts.map(partKey));
  return (each) => 'action' in each && keys.has(partKey(each));
}

/** Equal for the same part of two translations. */
export function partKey(part: Rule | Isolation): string {
  const action = 'action' in part ? part.action : 'isolates';
  return `${refText(part.policy)} ${part.path} ${part.direction} ${action}`;
}
