/** Thrown by a normalizer for an object that lacks what its record needs. It becomes a loss record, never a crash. */
export class NotNormalized extends Error {
  override readonly name = 'NotNormalized';
}
