import { z } from 'zod';
import { ConfigError } from './errors.ts';

/** Variable names and the schema of each. The schemas come from `variable`, or are any zod schema over a string. */
export type EnvShape = Readonly<Record<string, z.ZodType>>;

/** What a shape reads as: the same names, typed. */
export type EnvValues<S extends EnvShape> = { [Name in keyof S]: z.output<S[Name]> };

/**
 * States a relation between variables: `problem` gets their values, and says what is wrong or nothing. It is asked
 * only when each of them is valid by itself, so that one mistake is not reported twice.
 */
export type Relate<S extends EnvShape> = <Name extends keyof S & string>(
  names: readonly Name[],
  problem: (values: Pick<EnvValues<S>, Name>) => string | undefined,
) => void;

/**
 * Reads all variables of the shape, then the relations between them, and throws one ConfigError that lists every
 * problem. A variable that is set to nothing counts as not set. Values are never part of a problem's text.
 */
export function readEnv<S extends EnvShape>(
  env: Readonly<Record<string, string | undefined>>,
  shape: S,
  relations: (relate: Relate<S>) => void = () => undefined,
): EnvValues<S> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, schema] of Object.entries(shape)) {
    const text = env[name] === '' ? undefined : env[name];
    const result = schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else problems.push(...problemsOf(name, text, result.error));
  }
  relations((names, problem) => {
    if (!wereRead(values, shape, names)) return;
    const found = problem(values);
    if (found !== undefined) problems.push(`${names.join(', ')}: ${found}`);
  });
  if (problems.length > 0 || !wereAllRead(values, shape)) throw new ConfigError(problems);
  return values;
}

/** One row of a variable table, for READMEs and example.env. */
export interface EnvRow {
  name: string;
  /** As it would be written in the environment; absent if there is none. */
  default?: string;
  required: boolean;
  description: string;
}

/** The shape as a table, in the shape's order. Tests compare it with the README, so that neither drifts. */
export function envTable(shape: EnvShape): EnvRow[] {
  return Object.entries(shape).map(([name, schema]) => describeVariable(name, schema));
}

/** The same as a Markdown table, aligned as the formatter does it; a test that the README contains it keeps both equal. */
export function envTableMarkdown(shape: EnvShape): string {
  const rows = envTable(shape).map((row) => {
    const initial = row.default === undefined ? undefined : `\`${row.default}\``;
    return [`\`${row.name}\``, initial ?? (row.required ? 'required' : 'none'), row.description];
  });
  const table = [['variable', 'default', 'meaning'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = table;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

/** Whether each of the names was read by its schema in the shape, and so has that schema's type. */
function wereRead<S extends EnvShape, Name extends keyof S & string>(
  values: Record<string, unknown>,
  _shape: S,
  names: readonly Name[],
): values is Record<string, unknown> & Pick<EnvValues<S>, Name> {
  return names.every((name) => Object.hasOwn(values, name));
}

function wereAllRead<S extends EnvShape>(
  values: Record<string, unknown>,
  shape: S,
): values is Record<string, unknown> & EnvValues<S> {
  return wereRead(values, shape, Object.keys(shape));
}

function problemsOf(name: string, text: string | undefined, error: z.ZodError): string[] {
  if (text === undefined) return [`${name}: is required`];
  return error.issues.map((issue) => `${name}: ${issue.message}`);
}

function describeVariable(name: string, schema: z.ZodType): EnvRow {
  let layer: z.core.$ZodType = schema;
  let required = true;
  let initial: unknown;
  let description = schema.description;
  while (layer instanceof z.ZodPrefault || layer instanceof z.ZodDefault || layer instanceof z.ZodOptional) {
    required = false;
    if (!(layer instanceof z.ZodOptional)) initial = layer.def.defaultValue;
    layer = layer.unwrap();
    if (layer instanceof z.ZodType) description ??= layer.description;
  }
  const row = { name, required, description: description ?? '' };
  if (initial === undefined) return row;
  return { ...row, default: typeof initial === 'string' ? initial : JSON.stringify(initial) };
}
