import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stderr, stdout } from 'node:process';
import { demo, demoOnce } from '@kestrel/dev-stack';
import { Command } from 'commander';
import { publishEndpoints, refuseSecondStack } from './endpoints-file.ts';
import { ensureEngines } from './engines.ts';
import { interruption } from './interruption.ts';

const ENGINES = ['nats-server', 'etcd', 'kube-apiserver'] as const;

interface Options {
  readonly once?: true;
  readonly json?: true;
  readonly seed: number;
}

const say = (line: string): void => void stderr.write(`demo: ${line}\n`);

/** `./dev demo [--once [--json]] [--seed N]` */
export async function run(args: readonly string[]): Promise<number> {
  const options = new Command('./dev demo')
    .description('The whole system on real engines, no cluster and no account needed.')
    .option('--once', 'ends when every object of the API server is committed in the cloud')
    .option('--json', 'with --once: one JSON document on stdout')
    .option('--seed <number>', 'seed of the changes, to repeat a run', Number, 1)
    .parse(args, { from: 'user' })
    .opts<Options>();
  if (!options.once) await refuseSecondStack();
  await ensureEngines(ENGINES);
  const dataDir = await mkdtemp(join(tmpdir(), 'kestrel-demo-'));
  try {
    return options.once ? await once(dataDir, options) : await untilInterrupted(dataDir, options);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function once(dataDir: string, options: Options): Promise<number> {
  const report = await demoOnce({ dataDir, say, seed: options.seed, signal: interruption() });
  const { expected, committed, missing, unexpected } = report.inventory;
  if (options.json) stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else say(`${committed} of ${expected} objects committed, ${missing.length} missing, ${unexpected.length} unexpected`);
  if (report.error !== undefined) say(report.error);
  return report.ok ? 0 : 1;
}

async function untilInterrupted(dataDir: string, options: Options): Promise<number> {
  await demo({ dataDir, say, seed: options.seed, signal: interruption(), publishEndpoints });
  return 0;
}
