import { z } from 'zod';

const optionalText = z
  .string()
  .min(1)
  .nullish()
  .transform((value) => value ?? undefined);
/** Empty counts: a principal that is known to be none. */
const optionalWord = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
const address = z
  .union([z.ipv4(), z.ipv6()], { error: 'no IP address' })
  .nullish()
  .transform((value) => value ?? undefined);

const source = z
  .strictObject({
    namespace: optionalText,
    pod: optionalText,
    ip: address,
    remoteIp: address,
    principal: optionalWord,
  })
  .refine(({ namespace, pod }) => pod === undefined || namespace !== undefined, 'a pod needs its namespace');

const destination = z
  .strictObject({
    namespace: optionalText,
    pod: optionalText,
    ip: address,
    port: z.int().min(0).max(65_535),
  })
  .refine(({ namespace, pod }) => pod === undefined || namespace !== undefined, 'a pod needs its namespace')
  .refine(({ pod, ip }) => pod !== undefined || ip !== undefined, 'a pod or an ip is needed');

/**
 * One question of `kestrelctl policy evaluate`: may this connection be opened, or with `http` this request be made? A fact
 * that is not given is not known, with one exception: where `http.headers` are given, a header that is not among them was not
 * sent, and so no token either (see `tokensInUsualPlaces`).
 */
export const requestLineSchema = z.strictObject({
  /** Comes back with the verdict. */
  id: z.union([z.string(), z.number()]),
  src: source,
  dst: destination,
  protocol: z.enum(['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6']).default('TCP'),
  sni: optionalText,
  http: z
    .strictObject({
      method: optionalText,
      /** As sent; with the query if it had one. */
      path: optionalText,
      host: optionalText,
      headers: z
        .record(z.string(), z.string())
        .nullish()
        .transform((given) => given ?? undefined),
    })
    .nullish()
    .transform((given) => given ?? undefined),
  /** Claims of the validated token; null says that there was none. */
  jwt: z
    .strictObject({ claims: z.record(z.string(), z.unknown()) })
    .nullable()
    .optional(),
});

/** A question that was checked. */
export type RequestLine = z.output<typeof requestLineSchema>;
