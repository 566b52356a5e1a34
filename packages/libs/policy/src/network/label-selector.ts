import { z } from 'zod';
import type { Requirement, Selector } from '../model/selector.ts';

// Selectors as policies write them: meta/v1 LabelSelector.

const namePattern = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const nameLengthMax = 63;
const prefixLengthMax = 253;

/** Whether a text can be a label's key: `name` or `prefix/name`. Source: apimachinery util/validation IsQualifiedName. */
export function isLabelKey(text: string): boolean {
  const parts = text.split('/');
  const [name, prefix] = parts.toReversed();
  if (parts.length > 2 || name === undefined || name.length > nameLengthMax || !namePattern.test(name)) return false;
  return prefix === undefined || (prefix.length <= prefixLengthMax && subdomainPattern.test(prefix));
}

/** Whether a text can be a label's value; the empty one can. Source: apimachinery util/validation IsValidLabelValue. */
export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= nameLengthMax && namePattern.test(text));
}

/** The Go decoder of the API server takes null for absent; so does every field of a built-in kind that is read with this. */
export function orNull<T>(schema: z.ZodType<T>): z.ZodOptional<z.ZodType<T | undefined>> {
  return schema
    .nullish()
    .transform((value) => value ?? undefined)
    .optional();
}

const labelKey = z.string().refine(isLabelKey, { error: 'is no valid label key' });
const labelValue = z.string().refine(isLabelValue, { error: 'is no valid label value' });

/** A matchExpression over keys and values of these forms: values where the operator takes some, and only there. */
export function expressionSchema<Key extends z.ZodType<string>, Value extends z.ZodType<string>>(
  key: Key,
  value: Value,
) {
  return z
    .strictObject({
      key,
      operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
      values: orNull(z.array(value)),
    })
    .superRefine(({ operator, values }, context) => {
      const takesValues = operator === 'In' || operator === 'NotIn';
      const count = values?.length ?? 0;
      const message = takesValues ? 'must name a value' : 'must be empty';
      if (takesValues === count > 0) return;
      context.addIssue({ code: 'custom', path: ['values'], message: `${message} when operator is ${operator}` });
    });
}

/**
 * meta/v1 LabelSelector with the API server's validation (apimachinery apis/meta/v1/validation ValidateLabelSelector).
 * `{}` selects everything; what an absent selector means is the field's own affair.
 */
export const labelSelectorSchema = z.strictObject({
  matchLabels: orNull(z.record(labelKey, labelValue)),
  matchExpressions: orNull(z.array(expressionSchema(labelKey, labelValue))),
});

/** A selector as read by {@link labelSelectorSchema}. */
export type LabelSelector = z.infer<typeof labelSelectorSchema>;

/**
 * Requirements of a selector, each key put into the label space by `keyed`, for example {@link ENDPOINT_LABELS}.pod. In a
 * stable order: matchLabels by key, then matchExpressions as they stand.
 */
export function toSelector(selector: LabelSelector, keyed: (key: string) => string): Selector {
  const labels = Object.entries(selector.matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...labels.map(([key, value]): Requirement => ({ key: keyed(key), operator: 'In', values: [value] })),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values }): Requirement => ({
      key: keyed(key),
      operator,
      values: values ?? [],
    })),
  ];
}
