import { argv, stderr, stdout } from 'node:process';
import process from 'node:process';
import { TASKS } from './tasks.ts';

const [name = 'help', ...args] = argv.slice(2);

function help(): string {
  const rows = TASKS.map((task) => `  ${task.name.padEnd(11)} ${task.summary}`);
  return ['usage: ./dev TASK [options]', '', ...rows, `  ${'help'.padEnd(11)} this list`, ''].join('\n');
}

const task = TASKS.find((candidate) => candidate.name === name);
if (task) {
  process.exitCode = await (await task.load()).run(args);
} else if (name === 'help' || name === '--help' || name === '-h') {
  stdout.write(help());
} else {
  stderr.write(`dev: there is no task "${name}"\n\n${help()}`);
  process.exitCode = 2;
}
