import type { Principal } from './facts.ts';
import { matchesBeginning, matchesText, stringPattern } from './string-match.ts';
import { NO, UNKNOWN, tri } from './tri.ts';
import type { Tri } from './tri.ts';

/** Whether an identity matches one value of a policy's field. */
export type PrincipalMatcher = (principal: Principal) => Tri;

/** `principals` and `source.principal`. */
export function principalMatcher(value: string): PrincipalMatcher {
  const pattern = stringPattern(value);
  return (principal) => {
    if (principal === 'none') return NO;
    const { prefix, whole } = principal;
    return whole ? tri(matchesText(pattern, prefix)) : matchesBeginning(pattern, prefix);
  };
}

/**
 * `namespaces` and `source.namespace` on Envoy: `*` stands for any text, anywhere in the value. The identity is searched
 * for `/ns/VALUE/`, not taken apart. Source: istio authz/model/generator.go srcNamespaceGenerator.
 */
export function envoyNamespaceMatcher(value: string): PrincipalMatcher {
  const pattern = new RegExp(`/ns/${value.split('*').map(quoted).join('.*')}/`);
  // A name of which only the beginning is known is known up to its service account, in which there is no slash.
  return (principal) => onKnown(principal, ({ prefix }) => tri(pattern.test(`spiffe://${prefix}`)));
}

/** `serviceAccounts` and `source.serviceAccount` on Envoy: `name` (of the policy's namespace) or `namespace/name`. */
export function envoyServiceAccountMatcher(value: string, policyNamespace: string): PrincipalMatcher {
  const { namespace, name } = serviceAccount(value, policyNamespace);
  const start = `^spiffe://.+/ns/${quoted(namespace)}/(.+/|)sa/`;
  const pattern = new RegExp(`${start}${quoted(name)}(/.+)?$`);
  const beginning = new RegExp(start);
  return (principal) =>
    onKnown(principal, ({ prefix, whole }) => {
      const text = `spiffe://${prefix}`;
      if (whole) return tri(pattern.test(text));
      return beginning.test(text) ? UNKNOWN : NO;
    });
}

/** `trustDomains` and `source.trustDomain` on Envoy. */
export function trustDomainMatcher(value: string): PrincipalMatcher {
  if (value === '*') return (principal) => tri(principal !== 'none');
  const [before, after] = splitOnce(value, '*');
  const pattern = new RegExp(`^${quoted(before)}${after === undefined ? '' : `[^/]*${quoted(after)}`}/`);
  return (principal) => onKnown(principal, ({ prefix }) => tri(pattern.test(prefix)));
}

/** ztunnel takes identities apart: trust domain, namespace and service account, nothing else. */
export function ztunnelNamespaceMatcher(value: string): PrincipalMatcher {
  const pattern = stringPattern(value);
  return (principal) =>
    onKnown(principal, ({ prefix }) => tri(matchesText(pattern, /^[^/]+\/ns\/([^/]+)\/sa\//.exec(prefix)?.[1] ?? '')));
}

/** Both names exactly, whatever the trust domain. */
export function ztunnelServiceAccountMatcher(value: string, policyNamespace: string): PrincipalMatcher {
  const { namespace, name } = serviceAccount(value, policyNamespace);
  const pattern = new RegExp(`^[^/]+/ns/${quoted(namespace)}/sa/`);
  return (principal) =>
    onKnown(principal, ({ prefix, whole }) => {
      if (!pattern.test(prefix)) return NO;
      return whole ? tri(prefix.replace(pattern, '') === name) : UNKNOWN;
    });
}

/** No for an identity that isn't there, unknown for one of which nothing is known. */
function onKnown(principal: Principal, match: (principal: Exclude<Principal, 'none'>) => Tri): Tri {
  if (principal === 'none') return NO;
  return principal.prefix === '' && !principal.whole ? UNKNOWN : match(principal);
}

function serviceAccount(value: string, policyNamespace: string): { namespace: string; name: string } {
  const [first, second] = splitOnce(value, '/');
  return second === undefined ? { namespace: policyNamespace, name: first } : { namespace: first, name: second };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
