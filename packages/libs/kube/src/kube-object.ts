import { z } from 'zod';

const ownerReferenceSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
});

const objectMetaSchema = z.looseObject({
  name: z.string().min(1),
  namespace: z.string().optional(),
  uid: z.string().min(1),
  resourceVersion: z.string().min(1),
  generation: z.number().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  ownerReferences: z.array(ownerReferenceSchema).optional(),
});

const kubeObjectSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: objectMetaSchema });

/**
 * An object as the API server gave it: identity and metadata are checked, all else (`spec`, `status`, …) is unknown.
 * `metadata.managedFields` is cut to an empty list before parsing: it is up to half of an object's bytes.
 */
export type KubeObject = z.infer<typeof kubeObjectSchema>;
/** metadata of a KubeObject. */
export type ObjectMeta = z.infer<typeof objectMetaSchema>;
/** One entry of metadata.ownerReferences. */
export type OwnerReference = z.infer<typeof ownerReferenceSchema>;

/**
 * Checks a parsed object; undefined with the reason when it has no usable identity. Items of a list lack apiVersion and
 * kind (meta/v1 List of built-in kinds), so the caller names them.
 */
export function readKubeObject(
  value: unknown,
  type: { apiVersion: string; kind: string },
): { object: KubeObject } | { problem: string } {
  const complete = typeof value === 'object' && value !== null ? { ...type, ...value } : value;
  const parsed = kubeObjectSchema.safeParse(complete);
  if (parsed.success) return { object: parsed.data };
  const first = parsed.error.issues[0];
  return { problem: first === undefined ? 'not an object' : `${first.path.join('.')}: ${first.message}` };
}
