import { inspect } from 'node:util';

/** What is shown in place of a secret, everywhere. */
export const redacted = '[redacted]';

/**
 * A secret value that cannot be printed by accident: JSON, template strings and inspect show `[redacted]`.
 * Whoever needs it says so with `reveal()`.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Pass it on to where it is needed; do not keep it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
