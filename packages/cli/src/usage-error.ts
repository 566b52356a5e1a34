import { OperationalError } from '@kestrel/runtime';

/** The command line asks for something that does not exist; kestrelctl then exits with 2. */
export class UsageError extends OperationalError {
  override readonly name = 'UsageError';

  constructor(message: string, cause?: unknown) {
    super('usage', message, { retryable: false, ...(cause === undefined ? {} : { cause }) });
  }
}
