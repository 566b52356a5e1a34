/**
 * Ids of events: writer, boot, counter. Fixed when a record is made and reused only to send that record again. An id made
 * from content would lose the third of A → B → A inside the dedupe window.
 */
export class EventIds {
  readonly #prefix: string;
  #next = 1;

  /** `boot` must differ for each start of the same writer. */
  constructor(writer: string, boot: string) {
    if (writer === '' || boot === '' || boot.includes('/')) throw new Error('an event id needs a writer and a boot id');
    this.#prefix = `${writer}/${boot}`;
  }

  next(): string {
    const id = `${this.#prefix}/${this.#next}`;
    this.#next += 1;
    return id;
  }
}
