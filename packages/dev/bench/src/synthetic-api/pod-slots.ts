import type { PodIdentity } from './pod-identity.ts';

/** What differs from pod to pod, and what differs from change to change: `version` and the label `revision`. */
export type SlotName = keyof PodIdentity | 'version' | 'revision';

const MARK = /<<(\w+)>>/;

/** Stands in a template where a pod's own value goes. */
export function slot(name: SlotName): string {
  return `<<${name}>>`;
}

/** Name of the i-th environment variable of a synthetic pod. */
export function variableName(i: number): string {
  return `CHECKOUT_SETTING_${1_000 + i}`;
}

/** A text with slots, ready to be filled again and again. */
export class SlottedText {
  readonly #literals: readonly string[];
  readonly #slots: readonly SlotName[];

  constructor(text: string, known: readonly SlotName[]) {
    const parts = text.split(MARK);
    this.#literals = parts.filter((_, i) => i % 2 === 0);
    this.#slots = parts
      .filter((_, i) => i % 2 === 1)
      .map((name) => {
        const found = known.find((candidate) => candidate === name);
        if (found === undefined) throw new Error(`a template with an unknown slot: ${name}`);
        return found;
      });
  }

  /** The text with these values in its slots. */
  filledWith(values: Readonly<Record<SlotName, string>>): string {
    let text = this.#literals[0] ?? '';
    for (let i = 0; i < this.#slots.length; i += 1) {
      const name = this.#slots[i];
      if (name !== undefined) text += values[name];
      text += this.#literals[i + 1] ?? '';
    }
    return text;
  }
}
