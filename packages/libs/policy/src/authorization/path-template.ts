/** What Envoy's URI templates take for a character of a segment (RFC 3986 pchar, percent signs taken as they are). */
const pathCharacter = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=]";

/** Whether a path is written as a template: `{*}` is one segment, `{**}` any number of characters, slashes included. */
export function isPathTemplate(path: string): boolean {
  return path.includes('{*}') || path.includes('{**}');
}

/** What a template matches, whole. Source: Envoy source/extensions/path/uri_template_lib. */
export function pathTemplatePattern(template: string): RegExp {
  const parts = template.split(/(\{\*\*\}|\{\*\})/);
  const pattern = parts.map((part) => {
    if (part === '{**}') return `(?:${pathCharacter}|/)*`;
    return part === '{*}' ? `${pathCharacter}+` : part.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  });
  return new RegExp(`^${pattern.join('')}$`);
}

/**
 * Why istiod refuses a path; undefined for a good one. Braces only in the two operators, each a segment of its own; `{**}`
 * is the last operator; beside operators only literal segments. Source: istio pkg/config/security CheckValidPathTemplate.
 */
export function pathTemplateFault(path: string): string | undefined {
  const template = isPathTemplate(path);
  let anyPath = false;
  for (const segment of path.replaceAll(/^\/+|\/+$/g, '').split('/')) {
    if (segment === '{*}' || segment === '{**}') {
      if (anyPath) return '{**} must be the last operator';
      anyPath = segment === '{**}';
      continue;
    }
    if (/[{}]/.test(segment)) return 'braces may only stand in {*} and {**}, each a segment of its own';
    if (template && !/^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/.test(segment)) {
      return `segment "${segment}" of a template is no literal`;
    }
  }
  return undefined;
}
