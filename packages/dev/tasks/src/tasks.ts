/** A task of `./dev`: a name, one line for the help, and the module that runs it, loaded only then. */
export interface Task {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ run(args: readonly string[]): Promise<number> }>;
}

export const TASKS: readonly Task[] = [
  {
    name: 'demo',
    summary: 'the whole system on real engines; --once --json for a report',
    load: () => import('./demo.ts'),
  },
  { name: 'up', summary: 'the stack until Ctrl-C; endpoints in .dev/endpoints.json', load: () => import('./up.ts') },
  {
    name: 'cloud',
    summary: 'what the stand-in cloud has committed: cloud events --stream NAME',
    load: () => import('./cloud.ts'),
  },
  { name: 'kestrelctl', summary: 'looks into a running stack', load: () => import('./kestrelctl.ts') },
  { name: 'test', summary: 'all tests; --long for more; or: test SUITE… [file…]', load: () => import('./test.ts') },
  {
    name: 'check',
    summary: 'format, types, lint, boundaries, contracts, docs, workflows',
    load: () => import('./check.ts'),
  },
  {
    name: 'affected',
    summary: 'lint and unit tests of what the branch touches, cached',
    load: () => import('./affected.ts'),
  },
  { name: 'format', summary: 'formats every file', load: () => import('./format.ts') },
  { name: 'proto', summary: 'generates the code of proto/ anew', load: () => import('./proto.ts') },
  { name: 'bench', summary: 'benchmarks: bench ingest|uplink|policy [--json]', load: () => import('./bench.ts') },
  { name: 'nats', summary: 'the pinned nats CLI', load: () => import('./nats.ts') },
  {
    name: 'engines',
    summary: 'finds or builds the real programs; prints where they are',
    load: () => import('./engines.ts'),
  },
];
