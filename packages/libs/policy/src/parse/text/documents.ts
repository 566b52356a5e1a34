import type { Problem } from '../../model/problem.ts';
import { deeperThan } from './json-object.ts';
import { splitJson } from './json-stream.ts';
import type { ReadLimits } from './limits.ts';
import { templateMessage } from './template-message.ts';
import { Unreadable } from './unreadable.ts';
import { yamlDocuments } from './yaml-text.ts';
import { YamlValues } from './yaml-value.ts';

/** One file as it was given; `source` is what messages call it. */
export interface ManifestFile {
  readonly source: string;
  readonly text: string;
}

/** One document of a file. */
export interface TextDocument {
  readonly value: unknown;
  /** `shop.yaml#2`: the second document of the file that isn't empty. */
  readonly source: string;
  readonly text: string;
  /** Line of the file at which its text begins, from 1. */
  readonly line: number;
  /** Line with the first `{{`, where there is one. */
  readonly templateLine: number | undefined;
}

/** What one file holds. */
export interface FileDocuments {
  readonly documents: readonly TextDocument[];
  readonly problems: readonly Problem[];
}

/**
 * Reads a file of YAML documents or JSON values. Documents are cut apart first, at lines that begin with `---` as kubectl
 * does it, so that one that can't be read doesn't spoil the others. Never throws.
 */
export function readDocuments(file: ManifestFile, limits: ReadLimits): FileDocuments {
  const documents: TextDocument[] = [];
  const problems: Problem[] = [];
  const report = (source: string, message: string): void =>
    void problems.push({ severity: 'error', code: 'unreadable', source, path: '', message });
  if (file.text.length > limits.textLengthMax) {
    report(file.source, `the file has ${file.text.length} characters; the limit is ${limits.textLengthMax}`);
    return { documents, problems };
  }
  const text = file.text.startsWith('\uFEFF') ? file.text.slice(1) : file.text;
  const json = readJson(text, limits);
  let number = 0;
  let line = 1;
  let counted = 0;
  for (const part of json ?? splitDocuments(text)) {
    line += countLines(text, counted, part.offset);
    counted = part.offset;
    if (isBlank(part.text)) continue;
    if (number >= limits.documentsMax) {
      report(file.source, `the file has more than ${limits.documentsMax} documents; the rest was not read`);
      break;
    }
    const at = { source: `${file.source}#${number + 1}`, line, text: part.text };
    const found = 'value' in part ? jsonDocument(part.value, at, limits) : readYaml(at, limits);
    if (found.blank) continue;
    number += 1;
    for (const each of found.documents) documents.push(each);
    for (const each of found.problems) problems.push(each);
  }
  return { documents, problems };
}

interface Place {
  readonly source: string;
  readonly line: number;
  readonly text: string;
}

/** The values of a JSON text; undefined when it is no JSON (YAML that begins like JSON, for example). */
function readJson(text: string, limits: ReadLimits): { text: string; offset: number; value: unknown }[] | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  const parts = splitJson(text);
  if (parts === undefined || parts.length > limits.documentsMax) return undefined;
  const values: { text: string; offset: number; value: unknown }[] = [];
  for (const part of parts) {
    try {
      values.push({ ...part, value: JSON.parse(part.text) });
    } catch {
      // No JSON: the YAML reader reads it, or says what is wrong with it and where.
      return undefined;
    }
  }
  return values;
}

function jsonDocument(value: unknown, at: Place, limits: ReadLimits): FileDocuments & { blank: boolean } {
  if (deeperThan(value, limits.depthMax)) {
    return { blank: false, documents: [], problems: [unreadable(at, `more than ${limits.depthMax} levels`, 0)] };
  }
  const { source, line } = at;
  return {
    blank: false,
    documents: [{ value, source, text: at.text, line, templateLine: templateLine(at) }],
    problems: [],
  };
}

function readYaml(at: Place, limits: ReadLimits): FileDocuments & { blank: boolean } {
  const documents: TextDocument[] = [];
  const problems: Problem[] = [];
  let count = 0;
  try {
    for (const document of yamlDocuments(at.text, limits)) {
      const values = new YamlValues(limits);
      const value = values.value(document.contents);
      if (value === null) continue;
      count += 1;
      // A second document in one part is only possible after "...".
      const source = count === 1 ? at.source : `${at.source}.${count}`;
      documents.push({ value, source, text: at.text, line: at.line, templateLine: templateLine(at) });
      for (const warning of document.warnings) {
        problems.push({ ...unreadable(at, warning.message, warning.pos[0]), severity: 'warning', source });
      }
      for (const { code, message, offset } of values.notes) {
        const line = lineAt(at, offset);
        problems.push({ severity: 'warning', code, source, path: '', message: `line ${line}: ${message}` });
      }
    }
  } catch (error) {
    problems.push(unreadableBy(error, at, limits));
  }
  return { blank: documents.length === 0 && problems.length === 0, documents, problems };
}

function unreadableBy(error: unknown, at: Place, limits: ReadLimits): Problem {
  if (error instanceof Unreadable) return unreadable(at, error.message, error.offset);
  // The engine's call stack: only a parser's recursion can reach it here.
  if (error instanceof RangeError) return unreadable(at, `more than ${limits.depthMax} levels`, undefined);
  const message = error instanceof Error ? error.message : String(error);
  return unreadable(at, `the YAML parser failed: ${message}`, undefined);
}

function unreadable(at: Place, message: string, offset: number | undefined): Problem {
  const template = templateLine(at);
  const line = template ?? lineAt(at, offset ?? 0);
  const text = template === undefined ? `line ${line}: ${message.replaceAll(/\s+/g, ' ')}` : templateMessage(line);
  return { severity: 'error', code: 'unreadable', source: at.source, path: '', message: text };
}

/** The line of the file at an offset of a document; behind its end, the last one with something in it. */
function lineAt({ line, text }: Place, offset: number): number {
  return line + countLines(text, 0, Math.min(offset, text.trimEnd().length - 1));
}

function templateLine(at: Place): number | undefined {
  const offset = at.text.indexOf('{{');
  return offset < 0 ? undefined : lineAt(at, offset);
}

/** Cuts before each line that begins with `---`. What stands before the first one stays with it when it's only directives. */
function splitDocuments(text: string): { text: string; offset: number }[] {
  const starts = [0];
  for (const match of text.matchAll(/^---(?=\s|$)/gm)) {
    if (match.index > 0 && !isPrelude(text.slice(starts.at(-1), match.index))) starts.push(match.index);
  }
  return starts.map((start, index) => ({ text: text.slice(start, starts[index + 1]), offset: start }));
}

/** Directives and comments, of which at least one is a directive. */
function isPrelude(text: string): boolean {
  return text.startsWith('%') && text.split('\n').every((line) => /^\s*(#.*|%.*)?\r?$/.test(line));
}

/** Nothing but white space, comments and the separator: no document. */
function isBlank(text: string): boolean {
  return !/^(?!---(?:\s|$))[^\S\n]*[^\s#]|^---[^\S\n]+[^\s#]/m.test(text);
}

/** Line ends of a text from one offset to another. */
export function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
