import { LineSplitter } from './line-splitter.ts';
import { TimeSlice } from '@kestrel/runtime';
import { decodeWatchLine, type WatchEvent } from './watch-event.ts';

/**
 * The events of a watch's body, one by one and keeping none. It lets the event loop run after every 10 ms of work, the
 * consumer's included. A text after the last newline is a cut event and is passed over: the next watch repeats it.
 */
export async function* decodeWatch(
  body: AsyncIterable<Buffer>,
  o: { type: { apiVersion: string; kind: string }; eventBytesMax: number },
): AsyncGenerator<WatchEvent, void, undefined> {
  const lines = new LineSplitter(o.eventBytesMax);
  const slice = new TimeSlice();
  for await (const chunk of body) {
    for (const line of lines.push(chunk)) {
      yield decodeWatchLine(line, o.type);
      if (slice.due) await slice.yield();
    }
  }
}
