import process from 'node:process';

/** A signal that is aborted by the first Ctrl-C or SIGTERM; the second one ends the process at once, as by default. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
