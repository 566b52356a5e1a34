import { access, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OperationalError } from '@kestrel/runtime';
import { z } from 'zod';
import { oneLine, reasonOf } from './failure-line.ts';
import { issueLines } from './issue-lines.ts';
import { UsageError } from './usage-error.ts';

/** Where `./dev up` writes the connection of its stack. */
const DEFAULT_FILE = '.dev/endpoints.json';
const FILE_VARIABLE = 'KESTREL_CONNECTION';

const userSchema = z.object({ seedFile: z.string().min(1) });

/** Where kestrelctl finds what it reads, and with which identity. It has its own and never borrows a service's. */
export const connectionSchema = z.object({
  cluster: z.object({ id: z.string(), name: z.string() }),
  nats: z.object({
    servers: z.array(z.string().min(1)).min(1),
    caFile: z.string().optional(),
    inspector: userSchema,
    inspectorControl: userSchema,
  }),
  services: z.array(z.object({ service: z.string(), instance: z.string(), adminUrl: z.url({ protocol: /^https?$/ }) })),
});

/** A connection file: file names in it are relative to the file itself. Whatever else stands in it is ignored. */
export type Connection = z.infer<typeof connectionSchema>;

/**
 * The connection file to use: the given one, else the one in KESTREL_CONNECTION, else `.dev/endpoints.json`.
 * @throws UsageError when there is none of them
 */
export async function connectionFile(
  from: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
  given?: string,
): Promise<string> {
  const named = given ?? from.env[FILE_VARIABLE];
  if (named !== undefined && named !== '') return resolve(from.cwd, named);
  const file = resolve(from.cwd, DEFAULT_FILE);
  try {
    await access(file);
  } catch (cause) {
    const ways = `say --connection FILE or set ${FILE_VARIABLE}; ./dev up writes ${DEFAULT_FILE}`;
    throw new UsageError(`no connection file: ${ways}`, cause);
  }
  return file;
}

/** @throws OperationalError `connection_file_unusable` with every problem of the file */
export async function readConnection(file: string): Promise<Connection> {
  const unusable = (why: string, cause?: unknown): OperationalError =>
    new OperationalError('connection_file_unusable', `${file}: ${why}`, {
      retryable: false,
      ...(cause === undefined ? {} : { cause }),
    });
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw unusable(`cannot be read as JSON: ${oneLine(reasonOf(cause))}`, cause);
  }
  const checked = connectionSchema.safeParse(parsed);
  if (!checked.success) throw unusable(issueLines(checked.error).join('; '), checked.error);
  const near = (path: string): string => resolve(dirname(file), path);
  const { nats } = checked.data;
  return {
    ...checked.data,
    nats: {
      ...nats,
      ...(nats.caFile !== undefined && { caFile: near(nats.caFile) }),
      inspector: { seedFile: near(nats.inspector.seedFile) },
      inspectorControl: { seedFile: near(nats.inspectorControl.seedFile) },
    },
  };
}
