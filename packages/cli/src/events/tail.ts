import { connectAs } from '../connect-as.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { openConnection, type Invocation } from '../invocation.ts';
import { jsonLine } from '../output-format.ts';
import type { EventView } from './event-view.ts';
import { follow } from './follow.ts';
import { readLast } from './read-last.ts';
import { selections, type Wanted } from './selection.ts';
import { eventLine } from './summary.ts';

/** Options of `events tail`. */
export interface TailOptions extends Wanted {
  /** How many events there are to show first, over all streams. */
  readonly last: number;
  readonly follow: boolean;
  readonly output: 'text' | 'json';
}

/** Shows the last events in the order of their time, and, if told to, those that come. */
export async function tail(of: Invocation, options: TailOptions): Promise<ExitCode> {
  const chosen = selections(options);
  const { connection } = await openConnection(of);
  await using bus = await connectAs('inspector', connection, of.log);
  const show = async (event: EventView): Promise<void> => {
    await of.out.write(options.output === 'json' ? jsonLine(event) : eventLine(event));
  };
  const ends = await Promise.all(chosen.map((selection) => readLast(bus, selection, options.last)));
  const found = ends.flatMap(({ events }) => events).toSorted((a, b) => compareText(a.time, b.time));
  for (const event of options.last === 0 ? [] : found.slice(-options.last)) await show(event);
  if (!options.follow) return EXIT.ok;

  // The first failure ends all of them.
  const failed = new AbortController();
  const signal = AbortSignal.any([of.signal, failed.signal]);
  const followed = await Promise.allSettled(
    chosen.map(async (selection, at) => {
      try {
        await follow(bus, selection, { startSeq: ends[at]?.nextSeq ?? 1, signal, log: of.log, show });
      } catch (error) {
        failed.abort();
        throw error;
      }
    }),
  );
  for (const end of followed) if (end.status === 'rejected') throw end.reason;
  return EXIT.ok;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
