import { ofPort, ofPrincipal } from './attributes.ts';
import { allOf, anyOf, negated, ofDestinationAddress, ofSourceAddress } from './envoy-rule.ts';
import type { RuleContext } from './envoy-rule.ts';
import type { Condition } from './facts.ts';
import { principalMatcher, ztunnelNamespaceMatcher, ztunnelServiceAccountMatcher } from './principal-match.ts';
import type { AuthorizationRule, OperationSpec, SourceSpec, WhenSpec } from './schema.ts';

const httpOperations = ['hosts', 'notHosts', 'methods', 'notMethods', 'paths', 'notPaths'] as const;
const httpSources = ['requestPrincipals', 'notRequestPrincipals', 'remoteIpBlocks', 'notRemoteIpBlocks'] as const;
const layer4Keys = new Set(['source.ip', 'source.namespace', 'source.principal', 'destination.ip', 'destination.port']);

/**
 * A rule as istiod gives it to ztunnel. An ALLOW rule with anything that ztunnel can't see is left out (undefined). Other
 * rules lose what it can't see; an item that is left empty never matches. Trust domain aliases are not applied.
 * Source: istio pilot/pkg/serviceregistry/ambient/authorization.go handleRule, ztunnel src/rbac.rs Authorization::matches.
 */
export function ztunnelRule(rule: AuthorizationRule, context: RuleContext): Condition | undefined {
  if (context.action === 'ALLOW' && usesHttp(rule)) return undefined;
  const clauses: Condition[] = [];
  const { from = [], to = [] } = rule;
  if (to.length > 0) clauses.push(anyItem(to.map(({ operation }) => operationItem(operation))));
  if (from.length > 0) clauses.push(anyItem(from.map(({ source }) => sourceItem(source, context.namespace))));
  for (const condition of rule.when ?? []) clauses.push(anyItem([whenItem(condition)]));
  return allOf(clauses);
}

function usesHttp({ from = [], to = [], when = [] }: AuthorizationRule): boolean {
  return (
    to.some(({ operation }) => httpOperations.some((field) => (operation[field] ?? []).length > 0)) ||
    from.some(({ source }) => httpSources.some((field) => (source[field] ?? []).length > 0)) ||
    when.some(({ key }) => !layer4Keys.has(key))
  );
}

/** An item's conditions; one without any never matches. */
function anyItem(items: readonly (readonly Condition[])[]): Condition {
  return anyOf(items.filter((conditions) => conditions.length > 0).map(allOf));
}

function operationItem({ ports, notPorts }: OperationSpec): Condition[] {
  return pair(ports, notPorts, ofPort);
}

function sourceItem(source: SourceSpec, namespace: string): Condition[] {
  return [
    ...pair(source.ipBlocks, source.notIpBlocks, ofSourceAddress),
    ...pair(source.namespaces, source.notNamespaces, ofNamespace),
    ...pair(source.serviceAccounts, source.notServiceAccounts, (values) =>
      ofPrincipal(values.map((value) => ztunnelServiceAccountMatcher(value, namespace))),
    ),
    ...pair(source.principals, source.notPrincipals, ofName),
  ];
}

function whenItem({ key, values, notValues }: WhenSpec): Condition[] {
  switch (key) {
    case 'source.ip':
      return pair(values, notValues, ofSourceAddress);
    case 'source.namespace':
      return pair(values, notValues, ofNamespace);
    case 'source.principal':
      return pair(values, notValues, ofName);
    case 'destination.ip':
      return pair(values, notValues, ofDestinationAddress);
    case 'destination.port':
      return pair(values, notValues, ofPort);
    default:
      return [];
  }
}

function ofName(values: readonly string[]): Condition {
  return ofPrincipal(values.map(principalMatcher));
}

function ofNamespace(values: readonly string[]): Condition {
  return ofPrincipal(values.map(ztunnelNamespaceMatcher));
}

function pair(
  values: readonly string[] | undefined,
  notValues: readonly string[] | undefined,
  any: (values: readonly string[]) => Condition,
): Condition[] {
  const conditions: Condition[] = [];
  if (values !== undefined && values.length > 0) conditions.push(any(values));
  if (notValues !== undefined && notValues.length > 0) conditions.push(negated(any(notValues)));
  return conditions;
}
