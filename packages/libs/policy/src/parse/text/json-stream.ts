/**
 * Cuts a text of JSON values, one after the other with white space between them (as kubectl and jq write them), into the
 * values' texts with their offsets. Only looks at brackets and strings: whether a part is JSON is for the JSON parser to say.
 * Undefined when a part is no object or array, or isn't closed.
 */
export function splitJson(text: string): { text: string; offset: number }[] | undefined {
  const parts: { text: string; offset: number }[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const end = endOfValue(text, at);
    if (end === undefined) return undefined;
    parts.push({ text: text.slice(at, end), offset: at });
    at = skipSpace(text, end);
  }
  return parts;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  return at;
}

function endOfValue(text: string, from: number): number | undefined {
  const structure = /["{}[\]]/g;
  structure.lastIndex = from;
  if (!'{['.includes(text.charAt(from))) return undefined;
  let depth = 0;
  for (let match = structure.exec(text); match !== null; match = structure.exec(text)) {
    if (match[0] === '"') {
      const end = endOfString(text, match.index + 1);
      if (end === undefined) return undefined;
      structure.lastIndex = end;
    } else {
      depth += match[0] === '{' || match[0] === '[' ? 1 : -1;
      if (depth === 0) return match.index + 1;
    }
  }
  return undefined;
}

/** Behind the closing quote of a string whose inside begins at `from`. */
function endOfString(text: string, from: number): number | undefined {
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    let escapes = 0;
    while (text.charAt(quote - 1 - escapes) === '\\') escapes += 1;
    at = quote + 1;
    if (escapes % 2 === 0) return at;
  }
}
