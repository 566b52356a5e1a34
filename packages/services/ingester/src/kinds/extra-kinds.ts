import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { customSpec, fieldPath } from '../core/normalize/custom.ts';
import { isNeverRead } from '../core/normalize/never-read.ts';
import type { Kind } from './kind.ts';

const EXTRA_KINDS_MAX = 24;
const FIELDS_MAX = 64;
const SECTIONS: ReadonlySet<string> = new Set(['metadata', 'spec', 'status']);

const path = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*){0,15}$/, 'is not a path such as spec.replicas');
/** What is never read is left out of every value too; a path into it, or to a whole section, is a mistake that is told. */
const field = path.refine(
  (given) => !SECTIONS.has(given) && !given.split('.').some(isNeverRead),
  'may hold annotations, environment or arguments: name the fields below it, or others',
);
const dnsName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

const extraKindSchema = z
  .strictObject({
    group: z.string().regex(dnsName, 'is not an API group').or(z.literal('')),
    versions: z.tuple([z.string().regex(/^v[0-9a-z]+$/)], z.string().regex(/^v[0-9a-z]+$/)),
    kind: z.string().regex(/^[A-Z][A-Za-z0-9]*$/, 'is not a kind'),
    plural: z.string().regex(/^[a-z][a-z0-9]*$/, 'is not a resource name'),
    namespaced: z.boolean(),
    /** What the record holds; nothing else of the object is read. */
    fields: z.array(field).max(FIELDS_MAX),
    /** Where the object states when it last changed. */
    changedAt: path.optional(),
  })
  .refine(
    (kind) => !(kind.group === '' && ['Secret', 'ConfigMap'].includes(kind.kind)),
    'Secrets and ConfigMaps are never ingested',
  );

const extraKindsSchema = z.array(extraKindSchema).max(EXTRA_KINDS_MAX);

/** The kinds in the file; none without a file. `problem` says what is wrong with it, for a person. */
export function readExtraKinds(file: string | undefined): { kinds: readonly Kind[]; problem?: string } {
  if (file === undefined) return { kinds: [] };
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { kinds: [], problem: 'is not a JSON file' };
  }
  const parsed = extraKindsSchema.safeParse(json);
  if (parsed.success) return { kinds: parsed.data.map(extraKind) };
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  return { kinds: [], problem: problems.join('; ') };
}

/** Tier 0: such kinds own others (a Rollout its ReplicaSets), never the other way round. */
function extraKind(given: z.infer<typeof extraKindSchema>): Kind {
  const { group, versions, kind, plural, namespaced, fields, changedAt } = given;
  return {
    id: group === '' ? kind : `${kind}.${group}`,
    group,
    versions,
    kind,
    plural,
    namespaced,
    tier: 0,
    origin: group === '' ? 'built_in' : 'crd',
    normalize: customSpec(fields.map(fieldPath), changedAt === undefined ? undefined : fieldPath(changedAt)),
  };
}
