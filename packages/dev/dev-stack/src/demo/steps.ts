import { performance } from 'node:perf_hooks';

/** One step of a start or a check, with how long it took. */
export interface Step {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
}

/** Runs steps one after the other, says what it is doing, and keeps the times. */
export class Steps {
  readonly #say: (line: string) => void;
  readonly #done: Step[] = [];

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  get done(): readonly Step[] {
    return this.#done;
  }

  /** A line of progress within a step. */
  note(line: string): void {
    this.#say(`  ${line}`);
  }

  /** Runs one step; a failure is kept and thrown on. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      const result = await work();
      this.#end(name, true, started);
      return result;
    } catch (error) {
      this.#end(name, false, started);
      throw error;
    }
  }

  #end(name: string, ok: boolean, started: number): void {
    const ms = Math.round(performance.now() - started);
    this.#done.push({ name, ok, ms });
    this.#say(`${ok ? '✓' : '✗'} ${name} (${(ms / 1000).toFixed(1)} s)`);
  }
}
