import { isMap, isScalar, isSeq } from 'yaml';
import type { Problem } from '../model/problem.ts';
import { countLines, readDocuments } from './text/documents.ts';
import type { ManifestFile, TextDocument } from './text/documents.ts';
import { READ_LIMITS } from './text/limits.ts';
import { yamlDocuments } from './text/yaml-text.ts';

/** Longest document, in UTF-16 units, that is read again for the lines of its fields. */
const documentLengthMax = 1024 * 1024;

/** Finds the lines of problems in the files that they are about. Reads a file again when it's first asked for. */
export class ProblemLines {
  readonly #files: readonly ManifestFile[];
  readonly #documents = new Map<string, readonly TextDocument[]>();

  constructor(files: readonly ManifestFile[]) {
    this.#files = files;
  }

  /**
   * The line of the file (from 1) at which a problem's field stands; for a field that isn't there, the line of what should
   * hold it. Undefined where the document can't be found or read; the message of an unreadable one names its line.
   */
  lineOf({ source, path, code }: Pick<Problem, 'source' | 'path' | 'code'>): number | undefined {
    const place = /^(?<document>.*#[0-9.]*[0-9])(?<items>(\.items\[\d+\])*)$/s.exec(source ?? '')?.groups;
    if (place === undefined || code === 'unreadable') return undefined;
    const { document: name = '', items = '' } = place;
    const document = this.#documentsOf(name.slice(0, name.lastIndexOf('#'))).find((each) => each.source === name);
    if (document === undefined) return undefined;
    return document.line + countLines(document.text, 0, offsetOf(document.text, [...steps(items), ...steps(path)]));
  }

  #documentsOf(source: string): readonly TextDocument[] {
    const known = this.#documents.get(source);
    if (known !== undefined) return known;
    const documents = this.#files
      .filter((file) => file.source === source)
      .flatMap((file) => readDocuments(file, READ_LIMITS).documents);
    this.#documents.set(source, documents);
    return documents;
  }
}

/** `spec.ingress[0]["a/b"]` → spec, ingress, 0, a/b. */
function steps(path: string): (string | number)[] {
  return [...path.matchAll(/(?:^|\.)([^.[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/g)].map(([, name, index, quoted]) => {
    if (index !== undefined) return Number(index);
    // Only quotes and backslashes are escaped in keys that a manifest can have.
    return quoted === undefined ? (name ?? '') : quoted.replaceAll(/\\(.)/g, '$1');
  });
}

/** Where the field stands in a document's text, or the last thing on the way to it that is there. */
function offsetOf(text: string, path: readonly (string | number)[]): number {
  let offset = Math.max(text.search(/^(?!---)[^\S\n]*[^\s#]/m), 0);
  let node = text.length > documentLengthMax ? undefined : contentsOf(text);
  for (const step of path) {
    if (isSeq(node)) {
      node = node.items.find((_, index) => index === step);
      offset = startOf(node) ?? offset;
    } else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      offset = startOf(pair?.key) ?? offset;
      node = pair?.value;
    } else break;
  }
  return offset;
}

/** JSON that YAML doesn't take has no lines. */
function contentsOf(text: string): unknown {
  try {
    const [document] = yamlDocuments(text, READ_LIMITS);
    return document?.contents;
  } catch {
    return undefined;
  }
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isSeq(node) || isMap(node) ? node.range?.[0] : undefined;
}
