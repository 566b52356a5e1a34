import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { env, pid } from 'node:process';
import { writeEndpoints, type Stack } from '@kestrel/dev-stack';
import { z } from 'zod';
import { ROOT } from './workspace.ts';

/** Where a running stack says how it is reached; kestrelctl, nats and cloud read it by default. KESTREL_ENDPOINTS names another. */
export const ENDPOINTS_FILE = env['KESTREL_ENDPOINTS'] ?? join(ROOT, '.dev/endpoints.json');

const ownerSchema = z.object({ pid: z.number() });

/** Writes the file for as long as the stack runs. One that was started later has it; this one then leaves it alone. */
export async function publishEndpoints(stack: Stack): Promise<AsyncDisposable> {
  await mkdir(dirname(ENDPOINTS_FILE), { recursive: true });
  await writeEndpoints(stack, ENDPOINTS_FILE);
  return {
    [Symbol.asyncDispose]: async () => {
      const owner = ownerSchema.safeParse(JSON.parse(await readFile(ENDPOINTS_FILE, 'utf8').catch(() => '{}')));
      if (owner.data?.pid === pid) await rm(ENDPOINTS_FILE, { force: true });
    },
  };
}
