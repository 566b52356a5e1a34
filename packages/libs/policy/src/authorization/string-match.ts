import { NO, UNKNOWN, YES, tri } from './tri.ts';
import type { Tri } from './tri.ts';

/** Istio's string forms: `abc`, `abc*`, `*abc`, `*` (a leading star is looked at first, so `*a*` ends with `a*`). */
export type StringPattern =
  | { readonly kind: 'exact' | 'prefix' | 'suffix'; readonly text: string }
  | { readonly kind: 'presence' };

/** Reads a value as istio pilot/pkg/security/authz/matcher/string.go does. */
export function stringPattern(value: string): StringPattern {
  if (value === '*') return { kind: 'presence' };
  if (value.startsWith('*')) return { kind: 'suffix', text: value.slice(1) };
  if (value.endsWith('*')) return { kind: 'prefix', text: value.slice(0, -1) };
  return { kind: 'exact', text: value };
}

/** Whether a known text matches. Presence wants a text that is not empty. */
export function matchesText(pattern: StringPattern, text: string): boolean {
  switch (pattern.kind) {
    case 'exact':
      return text === pattern.text;
    case 'prefix':
      return text.startsWith(pattern.text);
    case 'suffix':
      return text.endsWith(pattern.text);
    case 'presence':
      return text !== '';
  }
}

/** Whether a text matches of which only the beginning is known, and that something follows it. */
export function matchesBeginning(pattern: StringPattern, beginning: string): Tri {
  switch (pattern.kind) {
    case 'exact':
      return pattern.text.startsWith(beginning) && pattern.text !== beginning ? UNKNOWN : NO;
    case 'prefix':
      if (beginning.startsWith(pattern.text)) return YES;
      return pattern.text.startsWith(beginning) ? UNKNOWN : NO;
    case 'suffix':
      return UNKNOWN;
    case 'presence':
      return YES;
  }
}

/** Whether one of the patterns matches; unknown for an unknown text. */
export function matchesAny(patterns: readonly StringPattern[], text: string | undefined): Tri {
  return text === undefined ? UNKNOWN : tri(patterns.some((pattern) => matchesText(pattern, text)));
}
