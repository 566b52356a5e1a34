import { readFile } from 'node:fs/promises';
import type { Logger } from '@kestrel/runtime';
import { errorChain, OperationalError, sleep } from '@kestrel/runtime';
import type { TlsMaterial } from './tls-material.ts';
import type { TlsSource } from './tls-source.ts';
import { memoryTlsSource } from './tls-source.ts';

const pollDefaultMs = 5_000;

export interface FileTlsSourceOptions {
  caFile?: string | undefined;
  certFile?: string | undefined;
  keyFile?: string | undefined;
  log: Logger;
  /** How often the files are read. Default 5 s. Reading a few KB is cheaper than being wrong about a mount's events. */
  pollMs?: number;
}

/**
 * TLS material from files, read again every `pollMs`. Contents are compared, not times, and no file events are used:
 * a Secret's mount swaps a symbolic link two levels up. A set that cannot be read or does not belong together (a
 * swap seen half way) is logged once, the old set stays in use, and the next poll looks again.
 * Throws OperationalError `tls_material_unreadable` or `tls_material_invalid` when the first read fails.
 */
export async function fileTlsSource(options: FileTlsSourceOptions): Promise<TlsSource & AsyncDisposable> {
  const source = memoryTlsSource(await readMaterial(options));
  const stopping = new AbortController();
  const watching = watch(options, source, stopping.signal);
  return {
    current: () => source.current(),
    onChange: (listener) => source.onChange(listener),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await watching;
    },
  };
}

async function watch(
  options: FileTlsSourceOptions,
  source: ReturnType<typeof memoryTlsSource>,
  signal: AbortSignal,
): Promise<void> {
  const { log, caFile, certFile, keyFile } = options;
  let refusal = '';
  for (;;) {
    await sleep(options.pollMs ?? pollDefaultMs, signal);
    if (signal.aborted) return;
    try {
      const next = await readMaterial(options);
      const changed = !sameMaterial(next, source.current());
      if (changed) source.replace(next);
      if (changed) log.info({ caFile, certFile, keyFile }, 'tls files are reloaded');
      refusal = '';
    } catch (error) {
      const reason = JSON.stringify(errorChain(error));
      if (reason !== refusal)
        log.warn({ err: error, caFile, certFile, keyFile }, 'tls files are refused, the old stay');
      refusal = reason;
    }
  }
}

async function readMaterial(options: FileTlsSourceOptions): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all(
    [options.caFile, options.certFile, options.keyFile].map(async (path) => {
      if (path === undefined) return undefined;
      return readFile(path).catch((cause: unknown) => {
        throw new OperationalError('tls_material_unreadable', `cannot read ${path}`, { cause });
      });
    }),
  );
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

function sameMaterial(one: TlsMaterial, other: TlsMaterial): boolean {
  return (['ca', 'cert', 'key'] as const).every((part) => {
    const [a, b] = [one[part], other[part]];
    return a === undefined || b === undefined ? a === b : a.equals(b);
  });
}
