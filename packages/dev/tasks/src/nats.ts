import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { stderr } from 'node:process';
import { USERS } from '@kestrel/bus';
import { findEngine } from '@kestrel/engines';
import { z } from 'zod';
import { command } from './command.ts';
import { ENDPOINTS_FILE } from './endpoints-file.ts';

const endpointsSchema = z.object({
  nats: z.object({ servers: z.array(z.string()), inspector: z.object({ seedFile: z.string() }) }),
});

/** `./dev nats …`: the pinned nats CLI, built on first use, as the inspector of the running stack unless told otherwise. */
export async function run(args: readonly string[]): Promise<number> {
  const { path } = await findEngine('nats', { onProgress: (line) => void stderr.write(`${line}\n`) });
  return (await command(path, [...(await inspectorArguments()), ...args], { interactive: true })).code;
}

/** What the nats CLI needs to be the inspector; nothing when no stack runs. Later arguments win. */
async function inspectorArguments(): Promise<string[]> {
  if (!existsSync(ENDPOINTS_FILE)) return [];
  const { nats } = endpointsSchema.parse(JSON.parse(await readFile(ENDPOINTS_FILE, 'utf8')));
  const prefix = USERS.inspector.inboxPrefix;
  return ['--server', nats.servers.join(','), '--nkey', nats.inspector.seedFile, '--inbox-prefix', prefix];
}
