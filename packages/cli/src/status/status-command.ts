import { Command } from 'commander';
import { sleep } from '@kestrel/runtime';
import { z } from 'zod';
import type { Bind } from '../bind.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { openConnection, type Invocation } from '../invocation.ts';
import { formatOption, jsonDocument, jsonLine } from '../output-format.ts';
import { readStatus } from './read-status.ts';
import { renderStatus } from './render-status.ts';

const watchIntervalMs = 2_000;
/** Cursor home, clear to the end of the screen. */
const REDRAW = '\u001B[H\u001B[J';

const optionsSchema = z.object({ output: z.enum(['table', 'json']), watch: z.boolean().default(false) });
type StatusOptions = z.infer<typeof optionsSchema>;

/** `kestrelctl status` */
export function statusCommand(bind: Bind): Command {
  const command = new Command('status')
    .summary('services, streams, lag, leases, commits, gaps')
    .description(
      'Reads every admin port, both accounts of the bus and the cursors, and shows what each said and where it was read. ' +
        'What does not answer is a row with its reason.',
    )
    .addOption(formatOption(['table', 'json']))
    .option('-w, --watch', 'again every 2 s until Ctrl-C; JSON as one line each time')
    .addHelpText('after', '\nExits with 0 when everything could be read and is ready, else with 1.');
  return bind(command, async (invocation, options) => await status(invocation, optionsSchema.parse(options)));
}

async function status(of: Invocation, options: StatusOptions): Promise<ExitCode> {
  for (;;) {
    // Read anew each time: a stack that was started again has other ports.
    const { file, connection } = await openConnection(of);
    const report = await readStatus(file, connection, of.log);
    const code = report.ok ? EXIT.ok : EXIT.failure;
    if (options.output === 'table') {
      const redraw = options.watch && of.io.isTerminal ? REDRAW : '';
      await of.out.write(`${redraw}${renderStatus(report)}${options.watch && redraw === '' ? '\n' : ''}`);
    } else {
      await of.out.write(options.watch ? jsonLine(report) : jsonDocument(report));
    }
    if (!options.watch) return code;
    await sleep(watchIntervalMs, of.signal);
    if (of.signal.aborted) return code;
  }
}
