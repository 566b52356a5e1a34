import { z } from 'zod';
import type { Labels } from '../../model/selector.ts';
import { fieldPath } from '../read-spec.ts';

// Fields as the API server decodes them: null counts as absent, and an absent field has Go's zero value.

/** A map of strings. As a value of it, null is the empty string. */
export const stringMap = z
  .record(
    z.string(),
    z
      .string()
      .nullable()
      .transform((value) => value ?? ''),
  )
  .nullish()
  .transform((value): Labels => new Map(Object.entries(value ?? {})));

/** A text; empty when absent. */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

/** A flag; false when absent. */
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

/** A list; empty when absent. */
export function list<T extends z.ZodType>(
  item: T,
): z.ZodPipe<
  z.ZodOptional<z.ZodNullable<z.ZodArray<T>>>,
  z.ZodTransform<z.output<T>[], z.output<T>[] | null | undefined>
> {
  return z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
}

/** A transport protocol; TCP when absent. */
export const protocol = z
  .enum(['TCP', 'UDP', 'SCTP'])
  .nullish()
  .transform((value) => value ?? 'TCP');

/** A port's number. */
export const portNumber = z.int().min(1).max(65535);

/** `['spec', 'ports', 0]` → `spec.ports[0]`. */
export function pathOf(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path;
  return first === undefined ? '' : fieldPath(String(first), rest);
}
