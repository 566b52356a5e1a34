/** Kleene's three-valued logic as numbers, so that "and" is the minimum and "or" the maximum: 0 no, 1 unknown, 2 yes. */
export type Tri = 0 | 1 | 2;

/** Certainly not. */
export const NO: Tri = 0;
/** Can't be told. */
export const UNKNOWN: Tri = 1;
/** Certainly. */
export const YES: Tri = 2;

/** A two-valued answer. */
export function tri(value: boolean): Tri {
  return value ? YES : NO;
}

/** Negation. */
export function not(value: Tri): Tri {
  return value === YES ? NO : value === NO ? YES : UNKNOWN;
}

/** All of two. */
export function both(a: Tri, b: Tri): Tri {
  return a < b ? a : b;
}

/** Any of two. */
export function either(a: Tri, b: Tri): Tri {
  return a > b ? a : b;
}

/** Whether something holds for every one of a set of possible values: unknown where it differs, or where there is none. */
export function agreed<T>(values: readonly T[], holds: (value: T) => boolean): Tri {
  const [first, ...rest] = values;
  if (first === undefined) return UNKNOWN;
  const answer = holds(first);
  return rest.every((value) => holds(value) === answer) ? tri(answer) : UNKNOWN;
}
