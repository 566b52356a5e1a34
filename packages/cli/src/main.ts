import process from 'node:process';
import { runCli } from './run-cli.ts';
import { processIo } from './io/process-io.ts';

process.exitCode = await runCli(process.argv.slice(2), processIo());
