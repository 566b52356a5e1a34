import { existsSync } from 'node:fs';
import { exitProcess, processIo, runCli } from '@kestrel/cli';
import { ENDPOINTS_FILE } from './endpoints-file.ts';

/** `./dev kestrelctl …`: from the sources, against the running stack unless told otherwise. */
export async function run(args: readonly string[]): Promise<number> {
  const io = processIo();
  const running = existsSync(ENDPOINTS_FILE) ? { KESTREL_CONNECTION: ENDPOINTS_FILE } : {};
  return await exitProcess(await runCli(args, { ...io, env: { ...running, ...io.env } }));
}
