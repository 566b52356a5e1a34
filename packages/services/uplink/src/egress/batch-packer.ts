import { constants, zstdCompressSync } from 'node:zlib';
import { Encoding } from '@kestrel/proto/cloud';

/** The packed part of a Batch. */
export interface PackedBatch {
  readonly encoding: Encoding;
  /** Before packing. */
  readonly sizeBytes: number;
  readonly payload: Uint8Array;
}

/** Less is not worth a compressor's set-up. */
const packedBytesMin = 1_024;
/** Packing pays when at most this share of the size remains. */
const payingRatio = 0.9;
/** After a batch for which it did not pay, so many go unpacked before the next try. */
const unpackedAfterFailure = 16;
/** 128 KB take 0.1 ms at this level: not worth a thread. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 };

/** Packs the batches of one stream, as the cloud can read them and where it pays. */
export class BatchPacker {
  readonly #packs: boolean;
  #skip = 0;

  constructor(encodings: readonly Encoding[]) {
    this.#packs = encodings.includes(Encoding.ZSTD);
  }

  pack(payload: Buffer): PackedBatch {
    const sizeBytes = payload.length;
    const asItIs = { encoding: Encoding.IDENTITY, sizeBytes, payload };
    if (!this.#packs || sizeBytes < packedBytesMin) return asItIs;
    if (this.#skip > 0) {
      this.#skip -= 1;
      return asItIs;
    }
    const packed = zstdCompressSync(payload, { params });
    if (packed.length <= sizeBytes * payingRatio) return { encoding: Encoding.ZSTD, sizeBytes, payload: packed };
    this.#skip = unpackedAfterFailure;
    return asItIs;
  }
}
