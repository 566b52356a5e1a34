import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeEndpoints, type Stack } from '@kestrel/dev-stack';
import { ROOT } from './workspace.ts';

/** Where a running stack says how it is reached; kestrelctl and `./dev cloud` read it by default. */
export const ENDPOINTS_FILE = join(ROOT, '.dev/endpoints.json');

/** Writes the file for as long as the stack runs. */
export async function publishEndpoints(stack: Stack): Promise<AsyncDisposable> {
  await mkdir(dirname(ENDPOINTS_FILE), { recursive: true });
  await writeEndpoints(stack, ENDPOINTS_FILE);
  return { [Symbol.asyncDispose]: () => rm(ENDPOINTS_FILE, { force: true }) };
}
