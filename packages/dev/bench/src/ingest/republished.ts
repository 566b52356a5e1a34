import { z } from 'zod';
import { poll } from '../poll.ts';
import type { BenchBus } from '../stack/bench-bus.ts';
import { startIngester } from '../stack/ingester-process.ts';
import type { SyntheticApi } from '../synthetic-api/synthetic-api.ts';

const POLL_INTERVAL_MS = 50;
const RECONCILE_TIMEOUT_MS = 120_000;

/** What the ingester says of its writer; nothing before it has read what stands in the stream. */
const statusSchema = z.object({
  writer: z.object({ published: z.number(), unchanged: z.number(), waiting: z.number() }).nullish(),
});

/**
 * Starts another ingester on the unchanged cluster, waits until it has looked at every object, and counts what it has
 * published, by the stream and not by its own word.
 */
export async function republishedOnRestart(o: {
  api: SyntheticApi;
  bus: BenchBus;
  pods: number;
  folder: string;
  signal: AbortSignal;
}): Promise<number> {
  const before = await o.bus.fill('KESTREL_RESOURCES');
  if (before === undefined) throw new Error('a restart before the first sync');
  await using ingester = await startIngester({ api: o.api, bus: o.bus, folder: o.folder });
  await poll(
    async () => {
      const status = await fetch(new URL('/statusz', ingester.adminUrl));
      const { writer } = statusSchema.parse(await status.json());
      if (writer === null || writer === undefined || writer.waiting > 0) return undefined;
      return writer.published + writer.unchanged >= o.pods ? true : undefined;
    },
    {
      what: 'every object compared after the restart',
      intervalMs: POLL_INTERVAL_MS,
      timeoutMs: RECONCILE_TIMEOUT_MS,
      of: [ingester],
      signal: o.signal,
    },
  );
  return await o.bus.recordsAfter(before.lastSeq);
}
