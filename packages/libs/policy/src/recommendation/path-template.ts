// Paths as traffic records fold them: a segment in braces, or `*`, stands for one variable segment; `**` for the rest.

/** One part of a path template. */
type Segment = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'one' } | { readonly kind: 'rest' };

/** A template as the three syntaxes need it. */
export interface PathTemplate {
  /** As recorded. */
  readonly text: string;
  /** Whether it has variable parts. */
  readonly variable: boolean;
  readonly segments: readonly Segment[];
}

/** Reads a recorded path template, for example `/orders/{id}/items`. */
export function parsePathTemplate(text: string): PathTemplate {
  const segments = text
    .split('/')
    .slice(text.startsWith('/') ? 1 : 0)
    .map((part): Segment => {
      if (part === '**' || part === '{**}') return { kind: 'rest' };
      if (part === '*' || /^\{[^{}/]*\}$/.test(part) || /^:[A-Za-z_]\w*$/.test(part)) return { kind: 'one' };
      return { kind: 'text', text: part };
    });
  return { text, variable: segments.some(({ kind }) => kind !== 'text'), segments };
}

/**
 * As Istio writes it: literal, or with `{*}` for a segment and `{**}` for the rest (Istio ≥ 1.22, AuthorizationPolicy
 * Operation.paths). Undefined when Istio would read it otherwise: a literal with `*` at an end is a prefix or suffix there,
 * one with braces is a template, and nothing may follow `{**}` but text.
 */
export function istioPath({ segments, variable, text }: PathTemplate): string | undefined {
  for (const segment of segments) {
    if (segment.kind === 'text' && /[*{}]/.test(segment.text)) return undefined;
  }
  if (!variable) return text;
  if (segments.findIndex(({ kind }) => kind === 'rest') < segments.length - 1 && segments.some(isRest))
    return undefined;
  return `/${segments.map((each) => (each.kind === 'text' ? each.text : each.kind === 'one' ? '{*}' : '{**}')).join('/')}`;
}

/**
 * As a regular expression that must match the whole of Envoy's `:path`, as Cilium's HTTP rules do. `:path` has the query,
 * and records don't: any query is let through.
 */
export function ciliumPath({ segments }: PathTemplate): string {
  const parts = segments.map((each) => {
    if (each.kind === 'text') return escapeRegex(each.text);
    return each.kind === 'one' ? '[^/?]+' : '[^?]*';
  });
  return `/${parts.join('/')}(\\?.*)?`;
}

/** A text as a regular expression (RE2) that matches just it. */
export function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function isRest({ kind }: Segment): boolean {
  return kind === 'rest';
}
