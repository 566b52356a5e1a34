/** How many messages of a selection stand at `seq` or later, at this moment. */
export type CountFrom = (seq: number) => Promise<number>;

/**
 * The sequence from which the last `wanted` messages of a selection stand, in O(log n) questions: the server counts,
 * nothing is read. Exact on a stream that does not change meanwhile; on one that does, about right.
 */
export async function findStart(
  countFrom: CountFrom,
  range: { readonly firstSeq: number; readonly lastSeq: number },
  wanted: number,
): Promise<number> {
  const { firstSeq, lastSeq } = range;
  // Fewer than wanted stand at `tooFew` or later, at least as many at `enough` or later.
  let tooFew = lastSeq + 1;
  let enough = firstSeq;
  // Doubling steps back from the end: most often the first one is right, since nothing lies between.
  for (let seq = lastSeq - wanted + 1; seq > firstSeq; seq -= lastSeq - seq + 1) {
    const count = await countFrom(seq);
    if (count === wanted) return seq;
    if (count > wanted) {
      enough = seq;
      break;
    }
    tooFew = seq;
  }
  if (enough === firstSeq && (await countFrom(firstSeq)) <= wanted) return firstSeq;
  while (tooFew - enough > 1) {
    const middle = Math.floor((enough + tooFew) / 2);
    const count = await countFrom(middle);
    if (count === wanted) return middle;
    if (count < wanted) tooFew = middle;
    else enough = middle;
  }
  return enough;
}
