import type { z } from 'zod';
import type { Problem } from '../../model/problem.ts';
import { Facts } from '../facts/facts.ts';
import { pathOf } from './fields.ts';
import type { RawObject } from './raw-object.ts';

/** One object while it is read into the facts. */
export class ObjectReading {
  readonly facts: Facts;
  readonly raw: RawObject;

  constructor(facts: Facts, raw: RawObject) {
    this.facts = facts;
    this.raw = raw;
  }

  /** Reports something about the object. */
  readonly report = (problem: Pick<Problem, 'severity' | 'code' | 'path' | 'message'>): void =>
    void this.facts.problems.push({ object: this.raw.ref, source: this.raw.source, ...problem });

  /** Reports a value that is left out of an object that is used. */
  readonly leftOut = (path: string, message: string): void =>
    this.report({ severity: 'warning', code: 'invalid', path, message: `${message}: left out` });

  /** The object by a schema; undefined, with every finding reported, when it's not of that form. */
  parse<T extends z.ZodType>(schema: T): z.output<T> | undefined {
    const result = schema.safeParse(this.raw.value);
    if (result.success) return result.data;
    for (const { path, message } of result.error.issues) {
      this.report({ severity: 'error', code: 'invalid', path: pathOf(path), message });
    }
    return undefined;
  }

  /** Keeps what was read; what an object of the same kind and name gave before is replaced, and that is said. */
  put<T>(into: Map<string, T>, value: T, key: string = Facts.key(this.raw.ref)): void {
    if (into.has(key)) {
      const message = `${Facts.key(this.raw.ref)} was given before: this one counts, the one before it does not`;
      this.report({ severity: 'warning', code: 'ineffective', path: '', message });
    }
    into.set(key, value);
  }
}
