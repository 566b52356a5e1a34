import { stderr } from 'node:process';
import { USERS } from '@kestrel/bus';
import { findEngine } from '@kestrel/engines';
import { z } from 'zod';
import { command } from './command.ts';
import { runningEndpoints } from './endpoints-file.ts';

const endpointsSchema = z.object({
  nats: z.object({ servers: z.array(z.string()), inspector: z.object({ seedFile: z.string() }) }),
});

/** `./dev nats …`: the pinned nats CLI, built on first use, as the inspector of the running stack; with `--server` as whoever the arguments say. */
export async function run(args: readonly string[]): Promise<number> {
  const { path } = await findEngine('nats', { onProgress: (line) => void stderr.write(`${line}\n`) });
  const identity = args.includes('--server') ? [] : await inspectorArguments();
  return (await command(path, [...identity, ...args], { interactive: true })).code;
}

/** What the nats CLI needs to be the inspector. Later arguments win. */
async function inspectorArguments(): Promise<string[]> {
  const { nats } = endpointsSchema.parse(await runningEndpoints());
  const prefix = USERS.inspector.inboxPrefix;
  return ['--server', nats.servers.join(','), '--nkey', nats.inspector.seedFile, '--inbox-prefix', prefix];
}
