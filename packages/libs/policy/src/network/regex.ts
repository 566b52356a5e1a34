import { RE2JS } from 're2js';

// Regular expressions as Go and Envoy read them (RE2), matched in linear time: a policy can't stall the engine.

/** What is wrong with an expression; undefined when it is fine. */
export function regexProblem(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'is no regular expression';
  }
}

/** A test for the whole text, as Envoy's safe_regex; undefined when the pattern is no RE2 expression. */
export function fullMatcher(pattern: string): ((text: string) => boolean) | undefined {
  if (regexProblem(pattern) !== undefined) return undefined;
  const compiled = RE2JS.compile(pattern);
  return (text) => compiled.matches(text);
}
