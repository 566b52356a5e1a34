/** A task of `./dev`: a name, one line for the help, and the module that runs it, loaded only then. */
export interface Task {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ run(args: readonly string[]): Promise<number> }>;
}

export const TASKS: readonly Task[] = [
  { name: 'test', summary: 'all tests; or: test unit|integration|stack [file…]', load: () => import('./test.ts') },
  {
    name: 'check',
    summary: 'format, types, lint, boundaries, contracts, docs, workflows',
    load: () => import('./check.ts'),
  },
  { name: 'format', summary: 'formats every file', load: () => import('./format.ts') },
  { name: 'proto', summary: 'generates the code of proto/ anew', load: () => import('./proto.ts') },
  {
    name: 'engines',
    summary: 'finds or builds the real programs; prints where they are',
    load: () => import('./engines.ts'),
  },
];
