/** Stands in policies for the trust domain of the mesh, whatever its name. */
const localTrustDomain = 'cluster.local';

/** A mesh's trust domains: its own first, then the aliases. */
export type TrustDomains = readonly [string, ...string[]];

/**
 * A principal of a policy with each trust domain of the mesh, where it names one of them or `cluster.local`; as it is
 * otherwise. Only principals of five parts (`td/ns/n/sa/s`) name a trust domain; `*` as the whole first part means any.
 * Source: istio pilot/pkg/security/trustdomain/bundle.go.
 */
export function withAliases(principal: string, domains: TrustDomains): readonly string[] {
  const [named, ...rest] = principal.split('/');
  if (named === undefined || rest.length !== 4 || named === '*') return [principal];
  if (named !== localTrustDomain && !domains.some((domain) => sameDomain(named, domain))) return [principal];
  const all = domains.map((domain) => (suffixMatch(domain, named) ? principal : [domain, ...rest].join('/')));
  return [...new Set(all)];
}

/** Trust domains of a policy with all domains of the mesh in place of each that is one of them. */
export function expandTrustDomains(values: readonly string[], domains: TrustDomains): readonly string[] {
  return [...new Set(values.flatMap((value) => (domains.includes(value) ? domains : [value])))];
}

function sameDomain(a: string, b: string): boolean {
  return a === b || b === '*' || prefixMatch(a, b) || prefixMatch(b, a) || suffixMatch(a, b) || suffixMatch(b, a);
}

function prefixMatch(text: string, pattern: string): boolean {
  return pattern.endsWith('*') && text.startsWith(pattern.slice(0, -1));
}

function suffixMatch(text: string, pattern: string): boolean {
  return pattern.startsWith('*') && text.endsWith(pattern.slice(1));
}
