import { commandKeysSchema } from '@kestrel/trust';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { oneLine, reasonOf } from '../failure-line.ts';
import { issueLines } from '../issue-lines.ts';
import { caProblems } from './certificate-problems.ts';
import { privateKeyProblems } from './private-keys.ts';
import { valuesSchema } from './values-schema.ts';

/** Where the cloud's part stands. */
const AT = 'global.cloud';
const KEYS_AT = ['global', 'cloud', 'commandKeys'] as const;
/** Approvers are chosen by the cluster's owner, never by the cloud: their keys come from a Secret of the owner's. */
const OWNERS_KEYS = ['approverKeys', 'approvers'] as const;

/** Every problem of an onboarding values file, as one sentence each; none means that it can be used. Pure. */
export function checkValues(yaml: string, now: Date): string[] {
  const parsed = parseYaml(yaml);
  if ('problems' in parsed) return parsed.problems;
  const { document } = parsed;
  const checked = valuesSchema.safeParse(document);
  return [
    ...(checked.success ? [] : issueLines(checked.error)),
    ...caPemProblems(document, now),
    ...commandKeyProblems(document),
    ...ownersKeyProblems(document),
    ...privateKeyProblems(document),
  ];
}

function parseYaml(yaml: string): { problems: string[] } | { document: unknown } {
  const parsed = parseDocument(yaml, { strict: true, uniqueKeys: true });
  if (parsed.errors.length > 0) return { problems: parsed.errors.map(({ message }) => `YAML: ${oneLine(message)}`) };
  try {
    return { document: parsed.toJS() };
  } catch (error) {
    // Aliases may be unresolved, or blow up.
    return { problems: [`YAML: ${reasonOf(error)}`] };
  }
}

const cloudSchema = z.looseObject({ global: z.looseObject({ cloud: z.looseObject({}) }) });

/** The cloud's part as it stands, well-formed or not: one fault must not hide another. */
function cloudOf(document: unknown): Readonly<Record<string, unknown>> {
  return cloudSchema.safeParse(document).data?.global.cloud ?? {};
}

function caPemProblems(document: unknown, now: Date): string[] {
  const given = cloudOf(document)['caPem'];
  if (typeof given !== 'string' || given === '') return [];
  return caProblems(given, now).map((problem) => `${AT}.caPem: ${problem}`);
}

const keysSchema = z.looseObject({ keys: z.array(z.unknown()) });

function commandKeyProblems(document: unknown): string[] {
  const given = keysSchema.safeParse(cloudOf(document)['commandKeys']).data;
  // The shape around it is told by the schema of the values.
  if (given === undefined) return [];
  if (given.keys.length === 0) return [`${AT}.commandKeys.keys: no Ed25519 key: no command could be verified`];
  const checked = commandKeysSchema.safeParse(given);
  if (checked.success) return [];
  // Private parts are told by the search for private keys, wherever they stand.
  const others = checked.error.issues.filter(({ path }) => path.at(-1) !== 'd');
  return issueLines(new z.ZodError(others), KEYS_AT);
}

function ownersKeyProblems(document: unknown): string[] {
  const cloud = cloudOf(document);
  return OWNERS_KEYS.filter((name) => name in cloud).map(
    (name) =>
      `${AT}.${name}: approvers' keys are never handed out by the cloud: they come from a Secret of the owner's`,
  );
}
