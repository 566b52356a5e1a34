import { stdout } from 'node:process';
import { CloudClient, cloudEndpointsSchema } from '@kestrel/dev-stack';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { runningEndpoints } from './endpoints-file.ts';
import { interruption } from './interruption.ts';

const endpointsSchema = z.object({ cloud: cloudEndpointsSchema });

interface EventsOptions {
  readonly stream: string;
  readonly follow?: true;
  readonly after?: string;
}

/** `./dev cloud events --stream NAME [--follow] -o jsonl` */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command('./dev cloud').description('What the stand-in cloud of a running stack has committed.');
  program
    .command('events')
    .description('the committed events of a stream, one JSON object a line: stream, epoch, seq, attributes, data')
    .requiredOption('--stream <name>', 'for example KESTREL_RESOURCES')
    .option('--follow', 'waits for more until Ctrl-C')
    .option('--after <seq>', 'only events after this sequence')
    .addOption(new Option('-o, --output <format>', 'format').choices(['jsonl']).default('jsonl'))
    .action(printEvents);
  await program.parseAsync([...args], { from: 'user' });
  return 0;
}

async function printEvents(options: EventsOptions): Promise<void> {
  const { cloud } = endpointsSchema.parse(await runningEndpoints());
  const client = new CloudClient(cloud.control);
  const signal = interruption();
  const lines = client.eventLines(options.stream, {
    follow: options.follow === true,
    signal,
    ...(options.after !== undefined && { after: BigInt(options.after) }),
  });
  try {
    for await (const line of lines) stdout.write(`${line}\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
