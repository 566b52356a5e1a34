/** What kestrelctl tells its caller. */
export const EXIT = {
  ok: 0,
  /** Something could not be done, or is not ready. */
  failure: 1,
  /** The command line, or a file that was to be checked, is wrong. */
  usage: 2,
} as const;

/** One of the values of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
