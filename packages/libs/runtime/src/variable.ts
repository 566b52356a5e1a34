import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { errorChain } from './errors.ts';
import { Secret } from './secret.ts';

/** No secret that Kestrel uses is larger; a larger file is the wrong file. */
const secretBytesMax = 64 * 1024;
const listItemsMax = 256;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

interface About<T> {
  /** What it is for, in one line: becomes the row of the README's table. */
  description: string;
  /** Without a default the variable is required, unless `.optional()` is added. */
  default?: T;
}

interface Range {
  min: number;
  max: number;
}

/** Text, trimmed, 1 to 4,096 characters unless told otherwise. */
function text(about: About<string> & { pattern?: RegExp; lengthMax?: number }) {
  const bounded = z
    .string()
    .trim()
    .min(1, 'is empty')
    .max(about.lengthMax ?? 4_096, 'is too long');
  const { pattern } = about;
  return finish(pattern === undefined ? bounded : bounded.regex(pattern, `does not match ${pattern.source}`), about);
}

/** A whole number in decimal within the range, both ends included. */
function integer(about: About<number> & Range) {
  return finish(
    z.string().transform((given, context) => {
      const value = /^\s*-?\d{1,15}\s*$/.test(given) ? Number(given) : Number.NaN;
      return inRange(value, about, context, 'is not a whole number');
    }),
    about,
  );
}

/** A duration in milliseconds, both ends included: `250ms`, `30s`, `5m`, `2h`, `1d`, or a bare number of milliseconds. */
function duration(about: About<number> & { minMs: number; maxMs: number }) {
  const range = { min: about.minMs, max: about.maxMs };
  return finish(
    z.string().transform((given, context) => {
      const [, digits, unit] = /^\s*(\d{1,15})(ms|s|m|h|d)?\s*$/.exec(given) ?? [];
      const value = digits === undefined ? Number.NaN : Number(digits) * (unitMs[unit ?? 'ms'] ?? Number.NaN);
      return inRange(value, range, context, 'is not a duration such as 250ms, 30s, 5m, 2h');
    }),
    about,
  );
}

/** `true` or `false`, nothing else. */
function boolean(about: About<boolean>) {
  const written = z.enum(['true', 'false'], 'is neither true nor false');
  return finish(
    written.transform((given) => given === 'true'),
    about,
  );
}

/** One of a few words. */
function choice<const Word extends string>(about: About<Word> & { of: readonly Word[] }) {
  return finish(z.enum(about.of, `is none of ${about.of.join(', ')}`), about);
}

/** A URL with one of the given schemes, without user and password: those belong in a file. */
function url(about: About<string> & { schemes: readonly string[] }) {
  return finish(
    z
      .string()
      .trim()
      .superRefine((given, context) => {
        if (!URL.canParse(given)) return context.addIssue('is not a URL');
        const { protocol, username, password } = new URL(given);
        if (!about.schemes.includes(protocol.slice(0, -1)))
          context.addIssue(`is not a ${about.schemes.join(' or ')} URL`);
        if (username !== '' || password !== '') context.addIssue('contains credentials, which belong in a file');
      }),
    about,
  );
}

/** Items separated by commas, trimmed, at most 256; empty ones are refused. */
function csv(about: About<string[]> & { pattern?: RegExp }) {
  return finish(
    z.string().transform((given, context) => {
      const items = given === '' ? [] : given.split(',').map((item) => item.trim());
      if (items.length > listItemsMax) context.addIssue(`has more than ${listItemsMax} items`);
      for (const [place, item] of items.entries()) {
        if (item === '') context.addIssue(`item ${place + 1} is empty`);
        else if (about.pattern?.test(item) === false) {
          context.addIssue(`item ${place + 1} does not match ${about.pattern.source}`);
        }
      }
      return items;
    }),
    about,
  );
}

/** The path of a file that exists and can be read; the content is read by whoever watches it. */
function file(about: About<string>) {
  return finish(
    z.string().superRefine((path, context) => {
      try {
        accessSync(path, constants.R_OK);
        if (!statSync(path).isFile()) context.addIssue('is not a file');
      } catch (error) {
        context.addIssue(`cannot be read: ${errorChain(error)[0]?.code ?? 'unknown'}`);
      }
    }),
    about,
  );
}

/** A secret in a file of at most 64 KB: the variable holds the path, the value is the content without its last newline. */
function secretFile(about: Omit<About<never>, 'default'>) {
  return finish(
    z.string().transform((path, context) => {
      const content = readSecret(path, context);
      return content === undefined ? z.NEVER : new Secret(content);
    }),
    about,
  );
}

function readSecret(path: string, context: z.RefinementCtx): string | undefined {
  try {
    if (statSync(path).size > secretBytesMax) {
      context.addIssue(`is larger than ${secretBytesMax} bytes`);
      return undefined;
    }
    const content = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (content !== '') return content;
    context.addIssue('names an empty file');
  } catch (error) {
    context.addIssue(`cannot be read: ${errorChain(error)[0]?.code ?? 'unknown'}`);
  }
  return undefined;
}

function inRange(value: number, { min, max }: Range, context: z.RefinementCtx, otherwise: string): number {
  if (Number.isNaN(value)) context.addIssue(otherwise);
  else if (value < min || value > max) context.addIssue(`is not within ${min} and ${max}`);
  return value;
}

/** Adds the description, and the default if there is one: as text, so that it passes the same checks as a given value. */
function finish<T>(schema: z.ZodType<T, string>, about: About<NoInfer<T>>): z.ZodType<T, string | undefined> {
  const described = schema.meta({ description: about.description });
  return about.default === undefined ? described : z.prefault(described, String(about.default));
}

/** How the value of an environment variable is read: each gives a zod schema from text to a typed, bounded value. */
export const variable = { text, integer, duration, boolean, choice, url, csv, file, secretFile } as const;
