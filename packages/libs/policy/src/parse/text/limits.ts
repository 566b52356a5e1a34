/** Limits of one reading. What is beyond them is reported as `unreadable` and left out; nothing else of the input is. */
export interface ReadLimits {
  /** Length of a file, in UTF-16 units. */
  readonly textLengthMax: number;
  /** Documents of a file. */
  readonly documentsMax: number;
  /** Levels of objects and arrays in a document. */
  readonly depthMax: number;
  /** Values that aliases may add to a document: what keeps "a billion laughs" small. */
  readonly aliasValuesMax: number;
  /** Lists within lists of objects. */
  readonly listDepthMax: number;
}

/** A dump of ten thousand pods has about 10^8 characters; real objects have some 20 levels. */
export const READ_LIMITS: ReadLimits = {
  textLengthMax: 256 * 1024 * 1024,
  documentsMax: 100_000,
  depthMax: 100,
  aliasValuesMax: 100_000,
  listDepthMax: 4,
};
