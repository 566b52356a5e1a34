// Patterns of DNS names as Cilium's matchPattern and serverNames have them. Source: cilium v1.20 pkg/fqdn/matchpattern.

/** A DNS name in lower case without the dot at its end; the root is the empty text. */
export function plainName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/**
 * Whether a pattern matches a name. `*` stands for any characters of one label, also none; a pattern of nothing but stars for
 * every name; `**.` at the beginning for one label or more. Names and patterns are compared without case and without the dot
 * at their end. Takes time linear in the pattern times the name.
 */
export function matchesDnsPattern(pattern: string, name: string): boolean {
  const wanted = plainName(pattern.trim());
  const labels = plainName(name).split('.');
  if (/^\*+$/.test(wanted)) return labels.every(isDnsText) && (labels.length === 1 || !labels.includes(''));
  const parts = wanted.split('.');
  const [first = '', ...rest] = parts;
  if (rest.length > 0 && /^\*{2,}$/.test(first)) {
    const deep = labels.slice(0, Math.max(0, labels.length - rest.length));
    if (deep.length === 0 || !deep.every((label) => label !== '' && isDnsText(label))) return false;
    return rest.every((part, index) => matchesLabel(part, labels[deep.length + index] ?? ''));
  }
  return parts.length === labels.length && parts.every((part, index) => matchesLabel(part, labels[index] ?? ''));
}

function isDnsText(text: string): boolean {
  return /^[-a-z0-9_]*$/.test(text);
}

/** One label against one part of a pattern: on a mismatch the last star takes one character more. */
function matchesLabel(pattern: string, label: string): boolean {
  if (pattern.includes('*') && !isDnsText(label)) return false;
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < label.length) {
    if (at < pattern.length && pattern[at] === '*') {
      star = at;
      resume = index;
      at += 1;
    } else if (at < pattern.length && pattern[at] === label[index]) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
