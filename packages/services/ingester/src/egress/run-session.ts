import { type Logger, sleep } from '@kestrel/runtime';
import { aborted } from '../aborted.ts';
import type { ResourceWriter } from './resource-writer.ts';

/** Longest wait for acknowledgements when the process stops, reports and all. */
export const DRAIN_TIMEOUT_MS = 10_000;

/** What is run: a writer and what it writes with. */
export interface RunnableSession extends AsyncDisposable {
  readonly writer: Pick<ResourceWriter, 'run' | 'progress'>;
}

/**
 * Writes until `end` and disposes the session. The last act of both is to wait for acknowledgements, and without a bus they
 * never come: `drainTimeoutMs` after `end` it returns all the same. Rejects with what ended the writer.
 */
export async function runSession(
  session: RunnableSession,
  end: AbortSignal,
  o: { readonly drainTimeoutMs: number; readonly log: Logger },
): Promise<void> {
  const written = runAndDispose(session, end);
  const settled = new AbortController();
  const late = async () => {
    await aborted(AbortSignal.any([end, settled.signal]));
    await sleep(o.drainTimeoutMs, settled.signal);
    if (settled.signal.aborted) return;
    const { waiting } = session.writer.progress;
    o.log.warn({ waiting }, 'stops without acknowledgement of the last changes or reports');
  };
  try {
    await Promise.race([written, late()]);
  } finally {
    settled.abort(); // or the session would be kept, and warned about, until this process stops
  }
  written.catch(() => undefined); // when it was too late, what became of it no longer matters
}

async function runAndDispose(session: RunnableSession, end: AbortSignal): Promise<void> {
  await using owned = session;
  await owned.writer.run(end);
}
