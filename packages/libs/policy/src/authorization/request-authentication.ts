import type { Policy } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import { readSpec } from '../parse/read-spec.ts';
import { requestAuthenticationSchema } from './schema.ts';

/** What RequestAuthentications change for authorization: which claims of which issuer are lists with spaces between. */
export interface CompiledRequestAuthentication {
  readonly policy: Policy;
  readonly spaceDelimited: readonly { readonly issuer: string; readonly claims: readonly string[] }[];
}

/** Reads one RequestAuthentication. */
export function compileRequestAuthentication(policy: Policy): {
  readonly compiled: CompiledRequestAuthentication | undefined;
  readonly problems: readonly Problem[];
} {
  const body = policy.specs[0] ?? { path: 'spec', body: {} };
  const { value: spec, problems } = readSpec(requestAuthenticationSchema, body, policy);
  if (spec === undefined) return { compiled: undefined, problems };
  const spaceDelimited = (spec.jwtRules ?? []).flatMap(({ issuer, spaceDelimitedClaims: claims = [] }) =>
    claims.length === 0 ? [] : [{ issuer: issuer ?? '', claims }],
  );
  return { compiled: { policy, spaceDelimited }, problems };
}

/** Always lists with spaces between. Source: istio pilot/pkg/security/authn/policy_applier.go buildSpaceDelimitedClaims. */
const alwaysSpaceDelimited = ['permission', 'scope'];

/** Claims that are lists with spaces between for tokens of an issuer, by the RequestAuthentications around a destination. */
export function spaceDelimitedClaims(
  policies: readonly CompiledRequestAuthentication[],
  namespaces: readonly string[],
  issuer: unknown,
): ReadonlySet<string> {
  const claims = new Set(alwaysSpaceDelimited);
  for (const { policy, spaceDelimited } of policies) {
    if (!namespaces.includes(policy.ref.namespace)) continue;
    for (const rule of spaceDelimited) {
      if (rule.issuer === issuer) for (const claim of rule.claims) claims.add(claim);
    }
  }
  return claims;
}
