import process from 'node:process';
import { exitProcess } from './io/exit-process.ts';
import { processIo } from './io/process-io.ts';
import { runCli } from './run-cli.ts';

await exitProcess(await runCli(process.argv.slice(2), processIo()));
