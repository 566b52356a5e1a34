import process from 'node:process';
import { flush } from './flush.ts';

/** Ends this process with the code once its output is written, whatever may still keep its event loop alive. */
export async function exitProcess(code: number): Promise<never> {
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(code);
}
