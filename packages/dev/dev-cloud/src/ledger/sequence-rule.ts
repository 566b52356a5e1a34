/** What is wrong with the place of a sequence: it is not above the position, or something before it is missing. */
export type SequenceFault = 'not_above' | 'hole';

/**
 * Judges the next sequence of a stream. `position` is the highest sequence that was taken or declared lost. A compacted
 * stream has holes by nature; any other one must be contiguous, or a Gap must have said why not.
 */
export function judgeSequence(position: bigint, seq: bigint, compacted: boolean): SequenceFault | undefined {
  if (seq <= position) return 'not_above';
  return compacted || seq === position + 1n ? undefined : 'hole';
}

/** What is wrong with a Gap. */
export type GapFault = 'range_invalid' | 'behind_position' | 'hole';

/** Judges a Gap: it must begin right after the position on a stream that is not compacted, and never claim what was taken. */
export function judgeGap(
  position: bigint,
  gap: { readonly fromSeq: bigint; readonly toSeq: bigint },
  compacted: boolean,
): GapFault | undefined {
  if (gap.fromSeq < 1n || gap.toSeq < gap.fromSeq) return 'range_invalid';
  if (gap.fromSeq <= position) return 'behind_position';
  return compacted || gap.fromSeq === position + 1n ? undefined : 'hole';
}
