import type { Mutant } from './mutant.ts';

const attributes = 'authorization/attributes.ts';
const claims = 'authorization/claims.ts';
const compiledPolicy = 'authorization/compiled-policy.ts';
const decide = 'authorization/decide.ts';
const envoyRule = 'authorization/envoy-rule.ts';
const normalize = 'authorization/normalize-path.ts';
const pathTemplate = 'authorization/path-template.ts';
const principal = 'authorization/principal-match.ts';
const strings = 'authorization/string-match.ts';
const trustDomain = 'authorization/trust-domain.ts';
const validation = 'authorization/validation.ts';

export const mutants: readonly Mutant[] = [
  {
    rule: 'a DENY that matches denies before any ALLOW is asked',
    file: decide,
    find: '  if (denied === YES) return NO;\n  const allowed = both(not(denied), allowStage(applied.allow, chain, facts));',
    replace: '  const allowed = both(either(not(denied), denied), allowStage(applied.allow, chain, facts));',
  },
  {
    rule: 'without ALLOW policies everything is allowed',
    file: decide,
    find: '  return every === YES ? YES : UNKNOWN;',
    replace: '  return policies.length === 0 ? NO : every === YES ? YES : UNKNOWN;',
  },
  {
    rule: 'ALLOW policies of which none matches deny',
    file: decide,
    find: 'if (certain) return any === NO ? NO : UNKNOWN;',
    replace: 'if (certain) return any === NO ? YES : UNKNOWN;',
  },
  {
    rule: 'a CUSTOM that matches makes an allowed unknown',
    file: decide,
    find: 'return anyMatches(applied.custom, chain, facts) === NO ? YES : UNKNOWN;',
    replace: 'return YES;',
  },
  {
    rule: 'a CUSTOM that matches leaves a denied denied',
    file: decide,
    find: 'if (allowed !== YES || applied.custom.length === 0) return allowed;',
    replace: 'if (applied.custom.length === 0) return allowed;',
  },
  {
    rule: 'dry-run policies are never enforced',
    file: decide,
    find: 'const enforced = policies.filter(({ compiled }) => !compiled.dryRun);',
    replace: 'const enforced = policies;',
  },
  {
    rule: 'a policy without rules never matches',
    file: compiledPolicy,
    find: '(spec.rules ?? []).flatMap((rule, index) => {',
    replace: '(spec.rules ?? [{}]).flatMap((rule, index) => {',
  },
  {
    rule: 'a rule with a field that is not known can not be told to match',
    file: compiledPolicy,
    find: 'if (answer !== YES) return answer;',
    replace: 'if (answer === YES) return answer;',
  },
  {
    rule: 'a star in front means: ends with',
    file: strings,
    find: "if (value.startsWith('*')) return { kind: 'suffix', text: value.slice(1) };",
    replace: "if (value.startsWith('*')) return { kind: 'exact', text: value };",
  },
  {
    rule: 'a star at the end means: begins with',
    file: strings,
    find: "if (value.endsWith('*')) return { kind: 'prefix', text: value.slice(0, -1) };",
    replace: "if (value.endsWith('*')) return { kind: 'suffix', text: value.slice(0, -1) };",
  },
  {
    rule: 'presence wants a text that is not empty',
    file: strings,
    find: "return text !== '';",
    replace: 'return true;',
  },
  {
    rule: 'a header with a presence match may be empty',
    file: attributes,
    find: "pattern.kind === 'presence' || matchesText(pattern, value)",
    replace: 'matchesText(pattern, value)',
  },
  {
    rule: 'header names are compared without case',
    file: attributes,
    find: '  const key = name.toLowerCase();',
    replace: '  const key = name;',
  },
  {
    rule: 'hosts are compared without case',
    file: attributes,
    find: "http.host?.toLowerCase()), missing, 'the HTTP host'",
    replace: "http.host), missing, 'the HTTP host'",
  },
  {
    rule: 'headers that are not given are not known to be absent',
    file: attributes,
    find: 'return http.header === undefined ? undefined : (http.header(key) ?? null);',
    replace: 'return http.header?.(key) ?? null;',
  },
  {
    rule: 'claims that are not given are not known to be absent',
    file: attributes,
    find: "  const patterns = values.map(requestPrincipalPattern);\n  return ({ claims }, missing) => {\n    if (claims === undefined) return told(UNKNOWN, missing, 'the token of the request');",
    replace:
      "  const patterns = values.map(requestPrincipalPattern);\n  return ({ claims = {} }, missing) => {\n    if (claims === undefined) return told(UNKNOWN, missing, 'the token of the request');",
  },
  {
    rule: 'what other proxy filters found out is not known',
    file: attributes,
    find: 'return (_, missing) => told(UNKNOWN, missing, key);',
    replace: 'return (_, missing) => told(YES, missing, key);',
  },
  {
    rule: 'paths are matched without the query',
    file: normalize,
    find: 'const end = path.search(/[?#]/);',
    replace: 'const end = -1;',
  },
  {
    rule: 'dot segments of paths are resolved',
    file: normalize,
    find: "if (segment === '..' && kept.length > 1) kept.pop();",
    replace: '',
  },
  {
    rule: '{*} is one segment',
    file: pathTemplate,
    find: "part === '{*}' ? `${pathCharacter}+`",
    replace: "part === '{*}' ? `(?:${pathCharacter}|/)+`",
  },
  {
    rule: '{**} crosses segments',
    file: pathTemplate,
    find: "if (part === '{**}') return `(?:${pathCharacter}|/)*`;",
    replace: "if (part === '{**}') return `${pathCharacter}*`;",
  },
  {
    rule: '{**} must be the last operator',
    file: pathTemplate,
    find: "if (anyPath) return '{**} must be the last operator';",
    replace: '',
  },
  {
    rule: 'a claim may be a list',
    file: claims,
    find: 'const texts: readonly unknown[] = Array.isArray(values) ? values : [values];',
    replace: 'const texts: readonly unknown[] = [values];',
  },
  {
    rule: 'scope and permission are lists with spaces between',
    file: claims,
    find: "const values = typeof found === 'string' && split",
    replace: "const values = typeof found === 'string' && split && path.length > 1",
  },
  {
    rule: 'claims are found level by level',
    file: claims,
    find: "return brackets.slice(1, -1).split('][');",
    replace: 'return [brackets.slice(1, -1)];',
  },
  {
    rule: 'a request principal is split at its last slash',
    file: claims,
    find: "const slash = value.lastIndexOf('/');",
    replace: "const slash = value.indexOf('/');",
  },
  {
    rule: 'from items are alternatives',
    file: envoyRule,
    find: 'from.length === 0 ? always : anyOf(from.map(compile)),',
    replace: 'from.length === 0 ? always : allOf(from.map(compile)),',
  },
  {
    rule: 'from and to must both match',
    file: envoyRule,
    find: 'to.length === 0 ? always : anyOf(to.map(compile)),',
    replace: 'to.length === 0 || from.length > 0 ? always : anyOf(to.map(compile)),',
  },
  {
    rule: 'all conditions of when must hold',
    file: envoyRule,
    find: '    compile(when),\n',
    replace: '    anyOf(when.length === 0 ? [always] : when.map((each) => compile([each]))),\n',
  },
  {
    rule: 'negated fields exclude',
    file: envoyRule,
    find: 'if (notValues.length > 0) conditions.push(negated(any(notValues)));',
    replace: '',
  },
  {
    rule: 'on TCP an ALLOW rule with an HTTP field is left out',
    file: envoyRule,
    find: "if (context.action === 'ALLOW' && [...from",
    replace: "if (context.action === 'CUSTOM' && [...from",
  },
  {
    rule: 'on TCP a DENY rule keeps the rest',
    file: envoyRule,
    find: "if (context.action === 'ALLOW' && [...from",
    replace: 'if ([...from',
  },
  {
    rule: 'remote addresses are not HTTP only',
    file: envoyRule,
    find: 'field(false, source.remoteIpBlocks, source.notRemoteIpBlocks, ofRemoteAddress)',
    replace: 'field(true, source.remoteIpBlocks, source.notRemoteIpBlocks, ofRemoteAddress)',
  },
  {
    rule: 'namespaces are those of the identity',
    file: principal,
    find: "const pattern = new RegExp(`/ns/${value.split('*').map(quoted).join('.*')}/`);",
    replace: "const pattern = new RegExp(`/ns/${value.split('*').map(quoted).join('.*')}`);",
  },
  {
    rule: 'a service account without namespace is one of the policy’s',
    file: principal,
    find: '{ namespace: policyNamespace, name: first }',
    replace: "{ namespace: 'shop', name: first }",
  },
  {
    rule: 'a trust domain ends at the first slash',
    file: principal,
    find: "${after === undefined ? '' : `[^/]*${quoted(after)}`}/`);",
    replace: "${after === undefined ? '' : `[^/]*${quoted(after)}`}`);",
  },
  {
    rule: 'who shows no certificate matches no identity',
    file: principal,
    find: "    if (principal === 'none') return NO;\n    const { prefix, whole } = principal;",
    replace: "    if (principal === 'none') return UNKNOWN;\n    const { prefix, whole } = principal;",
  },
  {
    rule: 'aliases of the trust domain stand for it',
    file: trustDomain,
    find: 'const all = domains.map(',
    replace: 'const all = domains.slice(0, 1).map(',
  },
  {
    rule: 'cluster.local in a policy is the mesh’s own trust domain',
    file: trustDomain,
    find: 'if (named !== localTrustDomain && !domains.some(',
    replace: 'if (!domains.some(',
  },
  {
    rule: 'a foreign trust domain is left as it is',
    file: trustDomain,
    find: 'if (named !== localTrustDomain && !domains.some((domain) => sameDomain(named, domain))) return [principal];',
    replace: '',
  },
  {
    rule: 'DENY without rules never matches, and that is said',
    file: 'authorization/compiled-policy.ts',
    find: "if ((spec.action === 'CUSTOM' || spec.action === 'DENY') && (spec.rules ?? []).length === 0) {",
    replace: "if (spec.action === 'CUSTOM' && (spec.rules ?? []).length === 0) {",
  },
  {
    rule: 'CUSTOM may not look at identities',
    file: validation,
    find: "  if (action !== 'CUSTOM') return;\n  for (const field of identityFields) {",
    replace: '  if (action) return;\n  for (const field of identityFields) {',
  },
  {
    rule: 'serviceAccounts may not stand with namespaces or principals',
    file: validation,
    find: 'serviceAccounts.length + notServiceAccounts.length > 0 &&',
    replace: 'serviceAccounts.length + notServiceAccounts.length < 0 &&',
  },
  {
    rule: 'a recorded path with placeholders matches a prefix for sure only by what stands before them',
    file: 'authorization/path-form.ts',
    find: 'return pattern.text.startsWith(form.beginning) ? UNKNOWN : NO;',
    replace: 'return pattern.text.startsWith(form.beginning) ? YES : NO;',
  },
  {
    rule: 'a placeholder of a recorded path is one segment, like {*}',
    file: 'authorization/path-form.ts',
    find: 'both(answer, tri(segments.length === wanted.length))',
    replace: 'answer',
  },
];
