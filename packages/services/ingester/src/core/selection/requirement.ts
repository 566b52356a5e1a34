import { isObject, objects, text, texts } from '../json.ts';

/** One condition on one label (meta/v1 LabelSelectorRequirement). */
export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: ReadonlySet<string>;
}

export type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['In', 'In'],
  ['NotIn', 'NotIn'],
  ['Exists', 'Exists'],
  ['DoesNotExist', 'DoesNotExist'],
]);

export type Labels = Readonly<Record<string, string>>;

/** The selector can't be evaluated; the message says why, for a person. */
export class UnknownSelection extends Error {
  override readonly name = 'UnknownSelection';
}

/**
 * Reads a LabelSelector; all requirements must hold, and none at all selects everything.
 * @throws UnknownSelection for something that is no label selector
 */
export function readLabelSelector(value: unknown): Requirement[] {
  if (!isObject(value)) throw new UnknownSelection('a selector that is not an object');
  const { matchLabels, matchExpressions } = value;
  return [...readMatchLabels(matchLabels), ...objects(matchExpressions).map(readExpression)];
}

/** The `matchLabels` form: each label must be there with the value. */
export function readMatchLabels(value: unknown): Requirement[] {
  if (value === undefined || value === null) return [];
  if (!isObject(value)) throw new UnknownSelection('matchLabels that is not an object');
  return Object.entries(value).map(([key, wanted]) => ({ key, operator: 'In', values: new Set([text(wanted)]) }));
}

function readExpression(expression: Readonly<Record<string, unknown>>): Requirement {
  const operator = OPERATORS.get(text(expression['operator']));
  if (operator === undefined) throw new UnknownSelection(`operator "${text(expression['operator'])}"`);
  return { key: text(expression['key']), operator, values: new Set(texts(expression['values'])) };
}

/**
 * Whether a label with this value (undefined: absent) meets the requirement. As in apimachinery's labels.Requirement,
 * an absent label meets NotIn and DoesNotExist.
 */
export function meets(requirement: Requirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.has(value);
    case 'NotIn':
      return value === undefined || !requirement.values.has(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

export function labelsMeet(requirements: readonly Requirement[], labels: Labels): boolean {
  for (const requirement of requirements) {
    const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
    if (!meets(requirement, value)) return false;
  }
  return true;
}
