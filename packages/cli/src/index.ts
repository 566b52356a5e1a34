export { connectionSchema, readConnection } from './connection.ts';
export type { Connection } from './connection.ts';
export type { CliIo } from './io/cli-io.ts';
export { exitProcess } from './io/exit-process.ts';
export { processIo } from './io/process-io.ts';
export { runCli } from './run-cli.ts';
