import {
  ofAddress,
  ofClaim,
  ofClaimKey,
  ofEnvoyFilter,
  ofHeader,
  ofHost,
  ofMethod,
  ofPath,
  ofPort,
  ofPrincipal,
  ofRequestPrincipal,
  ofServerName,
} from './attributes.ts';
import type { Condition } from './facts.ts';
import {
  envoyNamespaceMatcher,
  envoyServiceAccountMatcher,
  principalMatcher,
  trustDomainMatcher,
} from './principal-match.ts';
import type { AuthorizationRule, OperationSpec, SourceSpec, WhenSpec } from './schema.ts';
import { NO, YES, both, either, not } from './tri.ts';
import type { Tri } from './tri.ts';
import { expandTrustDomains, withAliases } from './trust-domain.ts';
import type { TrustDomains } from './trust-domain.ts';

/** What a proxy filters: requests, or connections of which it knows no HTTP. */
export type EnvoyChain = 'http' | 'tcp';

/** What rules are compiled under. */
export interface RuleContext {
  /** Of the policy: service accounts without a namespace are in it. */
  readonly namespace: string;
  readonly trustDomains: TrustDomains;
  /** An ALLOW rule that can't be told fully is left out; others keep what can be told. */
  readonly action: 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM';
}

/** One field with values and their negation. */
interface Field {
  /** Has no meaning on a connection without HTTP. */
  readonly httpOnly: boolean;
  readonly values: readonly string[] | undefined;
  readonly notValues: readonly string[] | undefined;
  readonly any: (values: readonly string[]) => Condition;
}

const always: Condition = () => YES;

/**
 * A rule as istiod gives it to Envoy (pilot/pkg/security/authz/model): any `from`, any `to`, all of `when`. On TCP, an
 * ALLOW rule that uses an HTTP field anywhere is left out (undefined); other actions lose only those fields.
 */
export function envoyRule(rule: AuthorizationRule, chain: EnvoyChain, context: RuleContext): Condition | undefined {
  const from = (rule.from ?? []).map(({ source }) => sourceFields(source, context));
  const to = (rule.to ?? []).map(({ operation }) => operationFields(operation));
  const when = (rule.when ?? []).map((each) => whenField(each, context));
  const unusable = ({ httpOnly, values, notValues }: Field): boolean =>
    chain === 'tcp' && httpOnly && (values ?? []).length + (notValues ?? []).length > 0;
  if (context.action === 'ALLOW' && [...from, ...to, when].flat().some(unusable)) return undefined;
  const compile = (fields: readonly Field[]): Condition =>
    allOf(fields.filter((each) => !unusable(each)).flatMap(fieldConditions));
  return allOf([
    from.length === 0 ? always : anyOf(from.map(compile)),
    to.length === 0 ? always : anyOf(to.map(compile)),
    compile(when),
  ]);
}

function sourceFields(source: SourceSpec, { namespace, trustDomains }: RuleContext): Field[] {
  const principals = (values: readonly string[]): Condition =>
    ofPrincipal(values.flatMap((value) => withAliases(value, trustDomains)).map(principalMatcher));
  const accounts = (values: readonly string[]): Condition =>
    ofPrincipal(values.map((value) => envoyServiceAccountMatcher(value, namespace)));
  const domains = (values: readonly string[]): Condition =>
    ofPrincipal(expandTrustDomains(values, trustDomains).map(trustDomainMatcher));
  return [
    field(false, source.principals, source.notPrincipals, principals),
    field(true, source.requestPrincipals, source.notRequestPrincipals, ofRequestPrincipal),
    field(false, source.namespaces, source.notNamespaces, ofNamespace),
    field(false, source.serviceAccounts, source.notServiceAccounts, accounts),
    field(false, source.trustDomains, source.notTrustDomains, domains),
    field(false, source.ipBlocks, source.notIpBlocks, ofSourceAddress),
    field(false, source.remoteIpBlocks, source.notRemoteIpBlocks, ofRemoteAddress),
  ];
}

function operationFields(operation: OperationSpec): Field[] {
  return [
    field(true, operation.hosts, operation.notHosts, ofHost),
    field(true, operation.methods, operation.notMethods, ofMethod),
    field(true, operation.paths, operation.notPaths, ofPath),
    field(false, operation.ports, operation.notPorts, ofPort),
  ];
}

/** Keys of `when`; validation has let through only these. */
function whenField({ key, values, notValues }: WhenSpec, context: RuleContext): Field {
  const of = (httpOnly: boolean, any: Field['any']): Field => field(httpOnly, values, notValues, any);
  if (key.startsWith('request.headers')) {
    return of(true, (texts) => ofHeader(key.slice('request.headers['.length, -1), texts));
  }
  if (key.startsWith('request.auth.claims')) return of(true, (texts) => ofClaimKey(key, texts));
  if (key.startsWith('experimental.envoy.filters.')) return of(false, () => ofEnvoyFilter(key));
  if (key === 'request.auth.principal') return of(true, ofRequestPrincipal);
  if (key === 'request.auth.audiences') return of(true, (texts) => ofClaim(['aud'], texts));
  if (key === 'request.auth.presenter') return of(true, (texts) => ofClaim(['azp'], texts));
  if (key === 'source.ip') return of(false, ofSourceAddress);
  if (key === 'remote.ip') return of(false, ofRemoteAddress);
  if (key === 'destination.ip') return of(false, ofDestinationAddress);
  if (key === 'destination.port') return of(false, ofPort);
  if (key === 'connection.sni') return of(false, ofServerName);
  const { namespace, trustDomains } = context;
  if (key === 'source.namespace') return of(false, ofNamespace);
  if (key === 'source.serviceAccount') {
    return of(false, (texts) => ofPrincipal(texts.map((text) => envoyServiceAccountMatcher(text, namespace))));
  }
  if (key === 'source.trustDomain') {
    return of(false, (texts) => ofPrincipal(expandTrustDomains(texts, trustDomains).map(trustDomainMatcher)));
  }
  return of(false, (texts) =>
    ofPrincipal(texts.flatMap((text) => withAliases(text, trustDomains)).map(principalMatcher)),
  );
}

function field(httpOnly: boolean, values: Field['values'], notValues: Field['notValues'], any: Field['any']): Field {
  return { httpOnly, values, notValues, any };
}

function fieldConditions({ values = [], notValues = [], any }: Field): Condition[] {
  const conditions: Condition[] = [];
  if (values.length > 0) conditions.push(any(values));
  if (notValues.length > 0) conditions.push(negated(any(notValues)));
  return conditions;
}

function ofNamespace(values: readonly string[]): Condition {
  return ofPrincipal(values.map(envoyNamespaceMatcher));
}

/** `ipBlocks`: the peer of the connection. */
export function ofSourceAddress(values: readonly string[]): Condition {
  return ofAddress(values, { fact: 'the address of the source', code: 'address' }, (facts) => facts.sourceAddresses());
}

function ofRemoteAddress(values: readonly string[]): Condition {
  return ofAddress(values, { fact: 'the address of the original client', code: 'request' }, (facts) =>
    facts.remoteAddresses(),
  );
}

/** `destination.ip`. */
export function ofDestinationAddress(values: readonly string[]): Condition {
  return ofAddress(values, { fact: 'the address of the destination', code: 'address' }, (facts) =>
    facts.destinationAddresses(),
  );
}

/** The opposite. */
export function negated(condition: Condition): Condition {
  return (facts, missing) => not(condition(facts, missing));
}

/** All of them; none at all holds. */
export function allOf(conditions: readonly Condition[]): Condition {
  const [only, ...rest] = conditions.filter((condition) => condition !== always);
  if (only === undefined) return always;
  if (rest.length === 0) return only;
  return (facts, missing) => {
    let answer: Tri = only(facts, missing);
    for (const condition of rest) {
      if (answer === NO) return NO;
      answer = both(answer, condition(facts, missing));
    }
    return answer;
  };
}

/** Any of them; none at all does not hold. */
export function anyOf(conditions: readonly Condition[]): Condition {
  return (facts, missing) => {
    let answer: Tri = NO;
    for (const condition of conditions) {
      answer = either(answer, condition(facts, missing));
      if (answer === YES) return YES;
    }
    return answer;
  };
}
