import { argv, env, stderr, stdout } from 'node:process';
import process from 'node:process';
import { TASKS } from './tasks.ts';

const [name = 'help', ...args] = argv.slice(2);

/** Whoever read the output has gone (`| head`): nothing is left to say. */
function quietEnd(error: Error): void {
  if ('code' in error && error.code === 'EPIPE') process.exit();
  throw error;
}

function help(): string {
  const rows = TASKS.map((task) => `  ${task.name.padEnd(11)} ${task.summary}`);
  return ['usage: ./dev TASK [options]', '', ...rows, `  ${'help'.padEnd(11)} this list`, ''].join('\n');
}

const task = TASKS.find((candidate) => candidate.name === name);
if (task) {
  stdout.on('error', quietEnd);
  try {
    process.exitCode = await (await task.load()).run(args);
  } catch (error) {
    if (env['KESTREL_DEV_STACK_TRACES'] !== undefined) throw error;
    stderr.write(`dev: ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
} else if (name === 'help' || name === '--help' || name === '-h') {
  stdout.write(help());
} else {
  stderr.write(`dev: there is no task "${name}"\n\n${help()}`);
  process.exitCode = 2;
}
