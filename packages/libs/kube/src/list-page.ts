import { z } from 'zod';
import { KubeError } from './kube-error.ts';
import { type KubeObject, readKubeObject } from './kube-object.ts';
import type { Line } from './line-splitter.ts';
import { ListSplitter } from './list-splitter.ts';
import { withoutManagedFields } from './managed-fields.ts';
import { TimeSlice } from '@kestrel/runtime';
import { METADATA_PATH, undecodable, type Undecodable } from './undecodable.ts';

/** An item of a list, or the report about one that can't be used. */
export type ListItem = { readonly object: KubeObject } | { readonly undecodable: Undecodable };

const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
});

/** metadata of a list: the version it shows, and the token for the next page, '' when there is none. */
export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue: string;
}

/** Reads a list's envelope. @throws KubeError kube_bad_response */
export function readListMeta(text: string): ListMeta {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new KubeError('kube_bad_response', 'the list is not valid JSON'); // V8's message would quote it
  }
  const parsed = listSchema.safeParse(value);
  if (!parsed.success) throw new KubeError('kube_bad_response', 'not a list: it has no metadata.resourceVersion');
  return { resourceVersion: parsed.data.metadata.resourceVersion, continue: parsed.data.metadata.continue ?? '' };
}

/**
 * Hands the items of a page over, one by one and keeping none, and returns its metadata. It lets the event loop run
 * after every 10 ms of work, the consumer's included. @throws KubeError; whatever `onItem` throws
 */
export async function readListPage(
  body: AsyncIterable<Buffer>,
  o: { type: { apiVersion: string; kind: string }; itemBytesMax: number },
  onItem: (item: ListItem) => void | Promise<void>,
): Promise<ListMeta> {
  const splitter = new ListSplitter(o.itemBytesMax);
  const slice = new TimeSlice();
  for await (const chunk of body) {
    for (const line of splitter.push(chunk)) {
      const handled = onItem(decodeItem(line, o.type));
      if (handled !== undefined) await handled;
      if (slice.due) await slice.yield();
    }
  }
  return readListMeta(splitter.end());
}

function decodeItem(line: Line, type: { apiVersion: string; kind: string }): ListItem {
  if (line.kind === 'too_long') {
    const detail = 'larger than the limit for one object';
    return { undecodable: undecodable('item', line.start, { reason: 'too_large', detail, bytes: line.length }) };
  }
  const { bytes } = line;
  let value: unknown;
  try {
    value = JSON.parse(withoutManagedFields(bytes, METADATA_PATH.item));
  } catch {
    const detail = 'not valid JSON';
    return { undecodable: undecodable('item', bytes, { reason: 'not_json', detail, bytes: bytes.length }) };
  }
  const read = readKubeObject(value, type);
  if ('object' in read) return read;
  const report = { reason: 'unexpected_shape', detail: read.problem, bytes: bytes.length } as const;
  return { undecodable: undecodable('item', bytes, report) };
}
