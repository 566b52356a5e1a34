import type { Problem } from '@kestrel/policy';
import { EXIT, type ExitCode } from '../../exit-code.ts';
import type { Output } from '../../io/output.ts';
import { inputErrorLine, type InputError } from './input-error.ts';
import { problemError } from './problem-text.ts';

/** What is wrong with the input of one run: told on stderr as it is found, and in the exit code at the end. */
export class Complaints {
  readonly #err: Output;
  #count = 0;
  #warnings = 0;

  constructor(err: Output) {
    this.#err = err;
  }

  /** Whether the input was unusable in any part, so that the result lacks something. */
  get any(): boolean {
    return this.#count > 0;
  }

  async tell(errors: readonly InputError[]): Promise<void> {
    this.#count += errors.length;
    await this.#err.write(errors.map(inputErrorLine).join(''));
  }

  /** Tells the errors among the problems; of the others, how many there are. */
  async tellProblems(problems: readonly Problem[]): Promise<void> {
    await this.tell(problems.filter(({ severity }) => severity === 'error').map(problemError));
    this.#warnings += problems.filter(({ severity }) => severity === 'warning').length;
  }

  /** The end of a run: 2 when there was a complaint, else 0. Warnings are counted, and left to `policy lint`. */
  async close(): Promise<ExitCode> {
    const many = this.#warnings;
    if (many > 0) await this.note(`${many} warning${many === 1 ? '' : 's'} on the input: policy lint shows them`);
    return this.any ? EXIT.usage : EXIT.ok;
  }

  /** Something to know that spoils no result. */
  async note(text: string): Promise<void> {
    await this.#err.write(`kestrelctl: ${text}\n`);
  }
}
