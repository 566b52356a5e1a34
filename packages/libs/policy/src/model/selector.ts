/** One condition on one label, as meta/v1 LabelSelectorRequirement. `values` is empty for Exists and DoesNotExist. */
export interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/** All requirements must hold; none at all selects everything. */
export type Selector = readonly Requirement[];

/** Label key → value. */
export type Labels = ReadonlyMap<string, string>;

/**
 * Whether a label with this value (undefined: absent) meets the requirement. As in apimachinery's labels.Requirement, an
 * absent label meets NotIn and DoesNotExist.
 */
export function meets({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** Whether labels meet all requirements of a selector. */
export function selects(selector: Selector, labels: Labels): boolean {
  return selector.every((requirement) => meets(requirement, labels.get(requirement.key)));
}
