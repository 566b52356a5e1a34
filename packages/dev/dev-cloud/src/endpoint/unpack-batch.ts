import { zstdDecompressSync } from 'node:zlib';
import { Encoding, EventList, type Batch, type Event } from '@kestrel/proto/cloud';

/** The events of a batch, or what is wrong with it. */
export type Unpacked =
  | { readonly kind: 'events'; readonly events: readonly Event[] }
  | { readonly kind: 'batch_too_large' | 'batch_undecodable'; readonly detail: string };

/** Unpacks a batch. Its stated size is checked before, its real one while it is inflated. */
export function unpackBatch(batch: Batch, batchBytesMax: number): Unpacked {
  if (batch.sizeBytes > batchBytesMax)
    return { kind: 'batch_too_large', detail: `${batch.sizeBytes} bytes are stated, ${batchBytesMax} allowed` };
  try {
    const bytes = inflate(batch);
    if (bytes === undefined) return { kind: 'batch_undecodable', detail: `encoding ${batch.encoding}` };
    if (bytes.byteLength !== batch.sizeBytes)
      return { kind: 'batch_undecodable', detail: `${bytes.byteLength} bytes where ${batch.sizeBytes} are stated` };
    return { kind: 'events', events: EventList.decode(bytes).events };
  } catch (error) {
    return { kind: 'batch_undecodable', detail: error instanceof Error ? error.message : String(error) };
  }
}

function inflate({ encoding, payload, sizeBytes }: Batch): Uint8Array | undefined {
  switch (encoding) {
    case Encoding.IDENTITY:
      return payload;
    case Encoding.ZSTD: // one byte more than stated: whatever is larger fails here instead of filling the memory
      return zstdDecompressSync(payload, { maxOutputLength: sizeBytes + 1 });
    default:
      return undefined;
  }
}
