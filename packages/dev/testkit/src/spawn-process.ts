import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { env as processEnv, kill } from 'node:process';

import { guardGroup } from './parent-guard.ts';

/** How much of a process's output {@link ManagedProcess.output} keeps: the end of it. */
const outputCharsMax = 256 * 1024;
/** How long an orderly stop may take unless the caller says otherwise. */
const stopTimeoutDefaultMs = 10_000;

/** What to run. */
export interface SpawnOptions {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Laid over this process's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Everything it prints is also appended here. */
  readonly logFile?: string;
  /** How long {@link ManagedProcess.stop} waits after SIGTERM before it sends SIGKILL; default 10 s. */
  readonly stopTimeoutMs?: number;
}

/** How a process ended: an exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process with its group. It dies with this process, however this one ends. */
export interface ManagedProcess extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** Settles when it has ended and its output is complete; never rejects. */
  readonly exited: Promise<Exit>;
  /** Undefined while it runs. */
  readonly exit: Exit | undefined;
  /** The last 256 Ki characters of standard output and standard error, in the order they came. */
  output(): string;
  /** Sends a signal to the process; does nothing once it has ended. SIGKILL goes to its whole group. */
  kill(signal?: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL if that did not end it in time. Says which of them it was; idempotent. */
  stop(): Promise<'terminated' | 'killed'>;
  /** SIGSTOP to the whole group: it stays, with all its sockets, and does nothing. */
  pause(): void;
  resume(): void;
}

/**
 * Starts a process in a session of its own: Ctrl-C reaches only this process, which then stops its children in order.
 *
 * @throws Error with code ENOENT or EACCES when the program cannot be run
 */
export async function spawnProcess(o: SpawnOptions): Promise<ManagedProcess> {
  const child = spawn(o.command, [...o.args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...processEnv, ...o.env },
    ...(o.cwd === undefined ? {} : { cwd: o.cwd }),
  });
  const { pid } = child;
  if (pid === undefined) {
    const [error] = await once(child, 'error');
    throw error;
  }
  const guard = guardGroup(pid);
  const output = collectOutput(child, o.logFile);
  let exit: Exit | undefined;
  child.once('exit', (code, signal) => {
    guard[Symbol.dispose]();
    exit = { code, signal };
  });
  const exited = once(child, 'close').then(() => exit ?? { code: child.exitCode, signal: child.signalCode });

  const toProcess = (signal: NodeJS.Signals): void => void (exit ?? child.kill(signal));
  const toGroup = (signal: NodeJS.Signals): void => void (exit ?? kill(-pid, signal));
  const stop = async (): Promise<'terminated' | 'killed'> => {
    toProcess('SIGTERM');
    toGroup('SIGCONT'); // a paused process would not see the SIGTERM
    const timeoutMs = o.stopTimeoutMs ?? stopTimeoutDefaultMs;
    if (await endsWithin(exited, timeoutMs)) return exit?.signal === 'SIGKILL' ? 'killed' : 'terminated';
    toGroup('SIGKILL');
    await exited;
    return 'killed';
  };
  return {
    name: o.name,
    pid,
    exited,
    get exit() {
      return exit;
    },
    output,
    kill: (signal = 'SIGTERM') => (signal === 'SIGKILL' ? toGroup(signal) : toProcess(signal)),
    stop,
    pause: () => toGroup('SIGSTOP'),
    resume: () => toGroup('SIGCONT'),
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

function collectOutput(child: ChildProcess, logFile: string | undefined): () => string {
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
  let kept = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      kept = (kept + text).slice(-outputCharsMax);
      log?.write(text);
    });
  }
  child.once('close', () => log?.end());
  return () => kept;
}

async function endsWithin(exited: Promise<Exit>, timeoutMs: number): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  try {
    return await Promise.race([exited.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
