import { once } from 'node:events';
import { startStack, type Stack } from '../stack/stack.ts';
import { Steps } from './steps.ts';

/** Boots the stack against embedded or given sources and keeps it until the signal is aborted. */
export async function up(o: {
  readonly dataDir: string;
  readonly kubeconfig?: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly publishEndpoints: (stack: Stack) => Promise<AsyncDisposable>;
}): Promise<void> {
  await using stack = await startStack({
    dataDir: o.dataDir,
    steps: new Steps(o.say),
    ...(o.kubeconfig !== undefined && { kubeconfig: o.kubeconfig }),
  });
  await using _published = await o.publishEndpoints(stack);
  o.say('it runs; Ctrl-C ends it');
  if (!o.signal.aborted) await once(o.signal, 'abort');
  o.say('stopping');
}
