import { env } from 'node:process';
import { command } from './command.ts';
import { tool } from './workspace.ts';

/** Lint and unit tests of the packages that the branch touches, from turbo's local cache. The gate does not depend on it. */
export async function run(args: readonly string[]): Promise<number> {
  const turbo = ['run', 'lint', 'test', '//#typecheck', '--affected', '--output-logs=errors-only', ...args];
  return (await command(tool('turbo'), turbo, { show: true, env: { ...env, DO_NOT_TRACK: '1' } })).code;
}
