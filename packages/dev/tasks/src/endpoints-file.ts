import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { env, kill, pid } from 'node:process';
import { writeEndpoints, type Stack } from '@kestrel/dev-stack';
import { z } from 'zod';
import { ROOT } from './workspace.ts';

/** Where a running stack says how it is reached; kestrelctl, nats and cloud read it by default. KESTREL_ENDPOINTS names another. */
export const ENDPOINTS_FILE = env['KESTREL_ENDPOINTS'] ?? join(ROOT, '.dev/endpoints.json');

const ownerSchema = z.object({ pid: z.number() });

/** The file of the stack that runs. @throws Error with what to do when none runs */
export async function runningEndpoints(): Promise<unknown> {
  const text = await readFile(ENDPOINTS_FILE, 'utf8').catch(() => undefined);
  if (text === undefined) throw new Error(`no stack runs (${ENDPOINTS_FILE} is missing): start ./dev demo or ./dev up`);
  return JSON.parse(text);
}

/** @throws Error when another stack runs: two would hide each other from kestrelctl */
export async function refuseSecondStack(): Promise<void> {
  const owner = await ownerOfFile();
  if (owner === undefined || owner === pid || !isAlive(owner)) return;
  throw new Error(`a stack runs already, in process ${owner}: stop it, or set KESTREL_ENDPOINTS to another file`);
}

/** Writes the file for as long as the stack runs. */
export async function publishEndpoints(stack: Stack): Promise<AsyncDisposable> {
  await refuseSecondStack();
  await mkdir(dirname(ENDPOINTS_FILE), { recursive: true });
  await writeEndpoints(stack, ENDPOINTS_FILE);
  return {
    [Symbol.asyncDispose]: async () => {
      if ((await ownerOfFile()) === pid) await rm(ENDPOINTS_FILE, { force: true });
    },
  };
}

async function ownerOfFile(): Promise<number | undefined> {
  const text = await readFile(ENDPOINTS_FILE, 'utf8').catch(() => '{}');
  return ownerSchema.safeParse(JSON.parse(text)).data?.pid;
}

function isAlive(process: number): boolean {
  try {
    return kill(process, 0);
  } catch {
    return false; // ESRCH: it left its file behind
  }
}
