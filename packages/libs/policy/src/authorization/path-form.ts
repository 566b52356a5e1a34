import type { StringPattern } from './string-match.ts';
import { both, NO, tri, UNKNOWN, YES, type Tri } from './tri.ts';

/**
 * A recorded path of which some segments were replaced by a placeholder (`{id}`, `:id`, `*`): all paths with anything but
 * nothing in their place. `**` stands for any number of segments.
 */
export interface PathForm {
  /** Undefined for a segment that varies. */
  readonly segments: readonly (string | undefined)[];
  /** What stands before the first varying segment, and behind the last one. */
  readonly beginning: string;
  readonly ending: string;
  /** The number of segments varies, too. */
  readonly open: boolean;
}

const placeholder = /^(\*\*?|\{[^{}/]*\}|:[A-Za-z_]\w*)$/;

/** Reads a recorded path; undefined when nothing in it varies. */
export function pathForm(recorded: string): PathForm | undefined {
  const parts = recorded.split('/');
  const first = parts.findIndex((part) => placeholder.test(part));
  if (first < 0) return undefined;
  const last = parts.findLastIndex((part) => placeholder.test(part));
  const before = parts.slice(0, first).join('/');
  const behind = parts.slice(last + 1).join('/');
  return {
    segments: parts.map((part) => (placeholder.test(part) ? undefined : part)),
    beginning: first === 0 ? '' : `${before}/`,
    ending: last === parts.length - 1 ? '' : `/${behind}`,
    open: parts.includes('**'),
  };
}

/** Whether all paths of the form match, none of them, or some. */
export function patternMatchesForm(pattern: StringPattern, form: PathForm): Tri {
  switch (pattern.kind) {
    case 'presence':
      return YES;
    case 'exact':
      return isOfForm(pattern.text, form) ? UNKNOWN : NO;
    case 'prefix':
      if (form.beginning.startsWith(pattern.text)) return YES;
      return pattern.text.startsWith(form.beginning) ? UNKNOWN : NO;
    case 'suffix':
      if (form.ending.endsWith(pattern.text)) return YES;
      return pattern.text.endsWith(form.ending) ? UNKNOWN : NO;
  }
}

/** The same for a template of a policy, with `{*}` for one segment and `{**}` for any rest. */
export function templateMatchesForm(template: string, { segments, open }: PathForm): Tri {
  const wanted = template.split('/');
  const rest = wanted.indexOf('{**}');
  const known = rest < 0 ? wanted.length : rest;
  let answer: Tri = YES;
  for (const [index, segment] of wanted.slice(0, known).entries()) {
    if (open && index >= segments.indexOf(undefined)) return both(answer, UNKNOWN);
    if (index >= segments.length) return NO;
    answer = both(answer, segmentMatches(segment, segments[index]));
  }
  if (answer === NO) return NO;
  if (rest < 0) return open ? both(answer, UNKNOWN) : both(answer, tri(segments.length === wanted.length));
  if (rest === wanted.length - 1) return segments.length > rest ? answer : NO;
  return both(answer, UNKNOWN);
}

function segmentMatches(wanted: string, given: string | undefined): Tri {
  if (wanted === '{*}')
    return given === '' ? NO : given === undefined ? YES : tri(/^[\w\-.~%!$&'()+,;:@=]+$/.test(given));
  return given === undefined ? UNKNOWN : tri(wanted === given);
}

function isOfForm(path: string, { segments, beginning, ending, open }: PathForm): boolean {
  if (open) return path.startsWith(beginning) && path.endsWith(ending);
  const parts = path.split('/');
  return (
    parts.length === segments.length &&
    segments.every((segment, index) => (segment === undefined ? parts[index] !== '' : parts[index] === segment))
  );
}
