import { command } from './command.ts';
import { tool } from './workspace.ts';

/** Formats every file in place. */
export async function run(): Promise<number> {
  return (await command(tool('oxfmt'), ['.'], { show: true })).code;
}
