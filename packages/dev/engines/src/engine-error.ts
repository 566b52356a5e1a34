/** Why an engine could not be had. */
export type EngineErrorCode =
  | 'engine_unusable' // named by an environment variable, but missing, not runnable or too old
  | 'go_missing'
  | 'python_missing'
  | 'build_failed'
  | 'build_version_differs'; // built, but it does not report the pinned version

/** An expected failure of finding or building an engine; the message is one line for the user and says what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
