import { Writable } from 'node:stream';
import { runCli } from '../src/index.ts';

/** How a run of kestrelctl ended, and what it wrote. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run under way. */
export interface Running {
  /** What it has written so far. */
  stdout(): string;
  /** As Ctrl-C does. */
  interrupt(): void;
  readonly ended: Promise<Ran>;
}

/** Starts kestrelctl in this process, away from its environment and folder. */
export function startKestrelctl(argv: readonly string[], env: Record<string, string> = {}): Running {
  const text = { stdout: '', stderr: '' };
  const sink = (to: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write: (chunk, _encoding, done) => {
        text[to] += String(chunk);
        done();
      },
    });
  const interrupted = new AbortController();
  const io = { stdout: sink('stdout'), stderr: sink('stderr'), env, cwd: '/nonexistent', isTerminal: false };
  return {
    stdout: () => text.stdout,
    interrupt: () => interrupted.abort(),
    ended: runCli(argv, { ...io, signal: interrupted.signal }).then((code) => ({ code, ...text })),
  };
}

/** Runs kestrelctl to its end. */
export async function kestrelctl(argv: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return await startKestrelctl(argv, env).ended;
}
