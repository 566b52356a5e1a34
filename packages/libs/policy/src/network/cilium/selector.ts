import { z } from 'zod';
import type { Requirement, Selector } from '../../model/selector.ts';
import { expressionSchema, isLabelKey, isLabelValue, orNull } from '../label-selector.ts';

// Selectors as Cilium writes them: meta/v1 LabelSelector whose keys may name the label's source (`k8s:app`, `reserved:host`).
// Source: cilium v1.20 pkg/labels/validation.go, pkg/policy/api/selector.go.

/** A label's key with the source it must come from; `any` where none is written. */
export interface SourcedKey {
  readonly source: string;
  readonly key: string;
}

/** Reads `source:key` or `key`; undefined when it is no valid key of a Cilium selector. */
export function parseSourcedKey(text: string): SourcedKey | undefined {
  const [first = '', second, ...rest] = text.split(':');
  if (rest.length > 0) return undefined;
  if (second === undefined) return isLabelKey(first) ? { source: 'any', key: first } : undefined;
  return /^[A-Za-z0-9]+$/.test(first) && isLabelKey(second) ? { source: first, key: second } : undefined;
}

/** One condition of a selector. */
export interface SourcedRequirement extends SourcedKey {
  readonly operator: Requirement['operator'];
  readonly values: readonly string[];
  /** It was written under matchLabels. */
  readonly label: boolean;
}

/** A selector's conditions: matchLabels by key, then matchExpressions as they stand. None selects everything. */
export type CiliumSelector = readonly SourcedRequirement[];

const keyText = z.string().refine((text) => parseSourcedKey(text) !== undefined, {
  error: 'is no valid label key, with or without a source in front',
});
const valueText = z.string().refine(isLabelValue, { error: 'is no valid label value' });

/** A label selector of Cilium, with the agent's validation (EndpointSelector.Sanitize). */
export const ciliumSelectorSchema = z
  .strictObject({
    matchLabels: orNull(z.record(keyText, valueText)),
    matchExpressions: orNull(z.array(expressionSchema(keyText, valueText))),
  })
  .transform(({ matchLabels, matchExpressions }): CiliumSelector => {
    const labels = Object.entries(matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return [
      ...labels.map(([key, value]) => sourced(key, 'In', [value], true)),
      ...(matchExpressions ?? []).map(({ key, operator, values }) => sourced(key, operator, values ?? [], false)),
    ];
  });

function sourced(
  text: string,
  operator: Requirement['operator'],
  values: readonly string[],
  label: boolean,
): SourcedRequirement {
  const key = parseSourcedKey(text) ?? { source: 'any', key: text };
  return { ...key, operator, values, label };
}

/** Whether a selector has a condition on a key, under any of the sources. */
export function hasKey(selector: CiliumSelector, key: string, sources: readonly string[]): boolean {
  return selector.some((each) => each.key === key && sources.includes(each.source));
}

/** A condition that nothing meets. */
export const NEVER: Requirement = { key: 'type', operator: 'In', values: [] };

/** Whether a selector in the engine's label space holds {@link NEVER}. */
export function isNever(selector: Selector): boolean {
  return selector.some(({ operator, values }) => operator === 'In' && values.length === 0);
}

/**
 * Puts conditions into the engine's label space. `keyed` gives the key there; undefined means that no label of this key can
 * be there: In and Exists are never met, NotIn and DoesNotExist always.
 */
export function intoLabelSpace(selector: CiliumSelector, keyed: (key: SourcedKey) => string | undefined): Selector {
  return selector.flatMap(({ source, key, operator, values }): Requirement[] => {
    const at = keyed({ source, key });
    if (at !== undefined) return [{ key: at, operator, values }];
    return operator === 'In' || operator === 'Exists' ? [NEVER] : [];
  });
}
