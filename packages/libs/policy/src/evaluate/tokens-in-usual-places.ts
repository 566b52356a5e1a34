import type { Policy } from '../model/policy.ts';

const OTHER_PLACES = ['fromHeaders', 'fromParams', 'fromCookies'];

/**
 * Whether tokens can only come in the Authorization header or the query parameter `access_token`: no RequestAuthentication
 * names another place. Then a request whose headers and path are known tells by itself that it has none. Source: Istio's
 * JWTRule, and Envoy's jwt_authn filter for the defaults.
 */
export function tokensInUsualPlaces(policies: readonly Policy[]): boolean {
  return policies
    .filter(({ ref }) => ref.kind === 'RequestAuthentication')
    .flatMap(({ specs }) => specs)
    .every(({ body }) => rulesOf(body).every((rule) => !OTHER_PLACES.some((place) => Object.hasOwn(rule, place))));
}

function rulesOf(body: Readonly<Record<string, unknown>>): readonly object[] {
  const rules: unknown = body['jwtRules'];
  return Array.isArray(rules) ? rules.filter((rule): rule is object => typeof rule === 'object' && rule !== null) : [];
}
