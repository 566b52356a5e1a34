import { z } from 'zod';

// proto3 JSON, checked: the generated fromJSON takes what it is given. Fields are absent, null or in their JSON form; names
// in camelCase or as in the .proto; 64-bit numbers as text or number; enums by name or number. A field that the message does
// not have is an error, so that a misspelt one is not read as absent.

/** A message with its fields; the result is the generated type. */
export function message<S extends z.ZodRawShape>(shape: S) {
  return z.preprocess(camelKeys, z.strictObject(shape));
}

/** A list of messages. */
export function listOf<T>(element: z.ZodType<T>) {
  return z
    .array(element)
    .nullish()
    .transform((list) => list ?? []);
}

/** A message that may be absent. */
export function maybe<T>(element: z.ZodType<T>) {
  return element.nullish().transform((value) => value ?? undefined);
}

/** string */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

/** repeated string */
export const texts = listOf(z.string());

/** bool */
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

/** map<string, string> */
export const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

/** google.protobuf.Struct */
export const struct = z.record(z.string(), z.unknown());

/** google.protobuf.Timestamp */
export const instant = z.iso
  .datetime({ offset: true })
  .nullish()
  .transform((value) => (value === undefined || value === null ? undefined : new Date(value)));

const UINT32_MAX = 4_294_967_295;

/** uint32 */
export const uint32 = z
  .int()
  .min(0)
  .max(UINT32_MAX)
  .nullish()
  .transform((value) => value ?? 0);

/** uint64 */
export const uint64 = z
  .union([z.int().min(0), z.string().regex(/^\d{1,20}$/, 'no whole number')])
  .nullish()
  .transform((value) => BigInt(value ?? 0));

/** A transport port, or an ICMP type: uint32 within its bounds. */
export const port = z
  .int()
  .min(0)
  .max(65_535)
  .nullish()
  .transform((value) => value ?? 0);

/** An enum: by its name with the prefix (`VERDICT_DENIED`), or by number. */
export function enumeration<T extends Readonly<Record<string, number>>>(values: T, prefix: string) {
  const known = new Map<unknown, T[keyof T]>();
  for (const name of namesOf(values)) {
    known.set(`${prefix}${name}`, values[name]);
    known.set(values[name], values[name]);
  }
  return z.unknown().transform((given, context): T[keyof T] | 0 => {
    if (given === undefined || given === null) return 0;
    const value = known.get(given);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `none of ${prefix}${namesOf(values).join(`, ${prefix}`)}` });
    return 0;
  });
}

function namesOf<T extends object>(values: T): (keyof T & string)[] {
  return Object.keys(values).filter((name): name is keyof T & string => name in values);
}

/** `peer_class` → `peerClass`; an object without such names is taken as it is. */
function camelKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (!Object.keys(value).some((key) => key.includes('_'))) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      field,
    ]),
  );
}
