import { Option } from 'commander';

/** `-o`, with the formats of one command; the first one is the default. */
export function formatOption(formats: readonly [string, ...string[]]): Option {
  return new Option('-o, --output <format>', 'how the result is written').choices(formats).default(formats[0]);
}

/** A value as one JSON document, indented for people and diffs. */
export function jsonDocument(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** A value as one line of JSON (JSON Lines). */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
