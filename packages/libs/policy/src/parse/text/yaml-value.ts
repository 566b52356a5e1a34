import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { ReadLimits } from './limits.ts';
import { Unreadable } from './unreadable.ts';
import { isBooleanLetter } from './yaml-text.ts';

/** Something that was read, but is worth a warning. */
export interface YamlNote {
  readonly code: 'ineffective' | 'invalid';
  readonly message: string;
  readonly offset: number;
}

/**
 * Turns the nodes of one YAML document to plain values, as JSON would have them. Aliases become copies, `<<` merges
 * mappings (YAML 1.1, as Kubernetes reads it).
 */
export class YamlValues {
  readonly notes: YamlNote[] = [];
  readonly #limits: ReadLimits;
  /** Nodes by anchor, as far as the document was read: an alias means the last one before it. */
  readonly #anchors = new Map<string, unknown>();
  #aliasDepth = 0;
  #aliasValues = 0;

  constructor(limits: ReadLimits) {
    this.#limits = limits;
  }

  /** Throws {@link Unreadable} for what JSON can't hold and for what is beyond the limits. */
  value(node: unknown, depth = 0): unknown {
    if (isAlias(node)) return this.#alias(node.source, offsetOf(node), depth);
    if (this.#aliasDepth > 0 && (this.#aliasValues += 1) > this.#limits.aliasValuesMax) {
      throw new Unreadable(`aliases stand for more than ${this.#limits.aliasValuesMax} values`, offsetOf(node));
    }
    if (isScalar(node)) {
      this.#remember(node.anchor, node);
      if (node.type === 'PLAIN' && isBooleanLetter(node.value)) {
        const message = `kubectl reads ${String(node.value)} as a boolean: put it in quotes (here it is taken as a text)`;
        this.#note({ code: 'invalid', message, offset: offsetOf(node) ?? 0 });
      }
      return scalarValue(node.value);
    }
    if (depth >= this.#limits.depthMax) {
      throw new Unreadable(`more than ${this.#limits.depthMax} levels`, offsetOf(node));
    }
    if (isSeq(node)) {
      this.#remember(node.anchor, node);
      return node.items.map((item) => this.value(item, depth + 1));
    }
    if (isMap(node)) {
      this.#remember(node.anchor, node);
      return this.#object(node.items, depth);
    }
    return null;
  }

  #object(pairs: readonly { key: unknown; value: unknown }[], depth: number): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    const merged: unknown[] = [];
    for (const pair of pairs) {
      const key = this.#key(pair.key);
      const value = this.value(pair.value, depth + 1);
      if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') {
        merged.push(...(Array.isArray(value) ? value : [value]));
        continue;
      }
      if (entries.has(key)) {
        const message = `the key "${key}" stands here again in the same mapping: the last one counts`;
        this.#note({ code: 'ineffective', message, offset: offsetOf(pair.key) ?? 0 });
      }
      entries.set(key, value);
    }
    for (const source of merged) {
      if (typeof source !== 'object' || source === null || Array.isArray(source)) {
        throw new Unreadable('"<<" merges something that is no mapping', offsetOf(pairs[0]?.key));
      }
      // What stands in the mapping itself wins, then what was merged first.
      for (const [key, value] of Object.entries(source)) if (!entries.has(key)) entries.set(key, value);
    }
    return Object.fromEntries(entries);
  }

  #key(node: unknown): string {
    const value = isAlias(node) ? this.#alias(node.source, offsetOf(node), 0) : isScalar(node) ? node.value : node;
    if (isScalar(node)) this.#remember(node.anchor, node);
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return String(value);
    throw new Unreadable('a mapping or sequence as a key', offsetOf(node));
  }

  #alias(name: string, offset: number | undefined, depth: number): unknown {
    const target = this.#anchors.get(name);
    if (target === undefined) throw new Unreadable(`the alias *${name} has no anchor before it`, offset);
    this.#aliasDepth += 1;
    try {
      return this.value(target, depth);
    } finally {
      this.#aliasDepth -= 1;
    }
  }

  /** Once for what stands in the text, not again for each alias of it. */
  #note(note: YamlNote): void {
    if (this.#aliasDepth === 0) this.notes.push(note);
  }

  #remember(anchor: string | undefined, node: unknown): void {
    if (anchor !== undefined) this.#anchors.set(anchor, node);
  }
}

function scalarValue(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value === undefined ? null : value;
}

/** Where a node of the parser begins. */
function offsetOf(node: unknown): number | undefined {
  return isScalar(node) || isAlias(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined;
}
