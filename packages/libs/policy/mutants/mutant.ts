/** One deliberate break of a semantic rule; the unit suite must notice it. */
export interface Mutant {
  /** The rule that it breaks, in words. */
  readonly rule: string;
  /** File, relative to `src`. */
  readonly file: string;
  /** Exact text that occurs once in the file. */
  readonly find: string;
  readonly replace: string;
}
