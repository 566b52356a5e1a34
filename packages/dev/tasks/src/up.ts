import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stderr } from 'node:process';
import { up } from '@kestrel/dev-stack';
import { Command } from 'commander';
import { ENDPOINTS_FILE, publishEndpoints, refuseSecondStack } from './endpoints-file.ts';
import { ensureEngines } from './engines.ts';
import { interruption } from './interruption.ts';
import { ROOT } from './workspace.ts';

interface Options {
  readonly kubeconfig?: string;
  readonly data: string;
}

const say = (line: string): void => void stderr.write(`up: ${line}\n`);

/** `./dev up [--kubeconfig F] [--data DIR]` */
export async function run(args: readonly string[]): Promise<number> {
  const options = new Command('./dev up')
    .description('The stack until Ctrl-C.')
    .option('--kubeconfig <file>', 'reads this cluster instead of an embedded one; needs get, list and watch only')
    .option('--data <dir>', 'where everything is kept from one start to the next', join(ROOT, '.dev/data'))
    .parse(args, { from: 'user' })
    .opts<Options>();
  await refuseSecondStack();
  const { kubeconfig } = options;
  await ensureEngines(kubeconfig === undefined ? ['nats-server', 'etcd', 'kube-apiserver'] : ['nats-server']);
  const dataDir = resolve(options.data);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  say(`endpoints will be in ${ENDPOINTS_FILE}`);
  await up({
    dataDir,
    say,
    signal: interruption(),
    publishEndpoints,
    ...(kubeconfig !== undefined && { kubeconfig: resolve(kubeconfig) }),
  });
  return 0;
}
