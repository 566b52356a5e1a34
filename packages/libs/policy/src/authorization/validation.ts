import type { z } from 'zod';
import { parseAddress } from '../address/address.ts';
import { parseCidr } from '../address/cidr.ts';
import { pathTemplateFault } from './path-template.ts';
import { attachesOnce, authorizationPolicySchema } from './schema.ts';
import type { AuthorizationPolicySpec, AuthorizationRule, OperationSpec, SourceSpec, WhenSpec } from './schema.ts';

// What istiod's webhook refuses. Source: istio pkg/config/validation/validation.go ValidateAuthorizationPolicy and
// pkg/config/security/security.go (1.31).

const serviceAccountsMax = 16;
const serviceAccountLengthMax = 320;

/** Tells a fault at a path within what is looked at. */
type Tell = (path: readonly PropertyKey[], message: string) => void;

/** The schema of an AuthorizationPolicy with all that istiod's validation checks. */
export const checkedAuthorizationPolicySchema = authorizationPolicySchema.superRefine((spec, context) => {
  const tell: Tell = (path, message) => context.addIssue({ code: 'custom', path: [...path], message });
  if (!attachesOnce(spec)) tell([], 'only one of selector, targetRef and targetRefs may be set');
  checkAction(spec, tell);
  for (const [index, rule] of (spec.rules ?? []).entries()) {
    checkRule(rule, spec.action, (path, message) => tell(['rules', index, ...path], message));
  }
}) satisfies z.ZodType<AuthorizationPolicySpec>;

function checkAction({ action, rules = [], provider }: AuthorizationPolicySpec, tell: Tell): void {
  if (action === 'CUSTOM' && rules.length > 0 && (provider?.name ?? '') === '') {
    tell(['provider', 'name'], 'must not be empty with action CUSTOM');
  }
  if (action !== 'CUSTOM' && provider !== undefined) tell(['provider'], 'may only stand with action CUSTOM');
}

function checkRule(rule: AuthorizationRule, action: AuthorizationPolicySpec['action'], tell: Tell): void {
  for (const [index, { source }] of (rule.from ?? []).entries()) {
    checkSource(source, action, (path, message) => tell(['from', index, 'source', ...path], message));
  }
  for (const [index, { operation }] of (rule.to ?? []).entries()) {
    checkOperation(operation, (path, message) => tell(['to', index, 'operation', ...path], message));
  }
  for (const [index, condition] of (rule.when ?? []).entries()) {
    checkCondition(condition, action, (path, message) => tell(['when', index, ...path], message));
  }
}

/** Fields that CUSTOM may not use: the external provider is asked before anything is authenticated. */
const identityFields = ['principals', 'requestPrincipals', 'namespaces', 'serviceAccounts', 'trustDomains'] as const;

function checkSource(source: SourceSpec, action: AuthorizationPolicySpec['action'], tell: Tell): void {
  if (isEmpty(source)) tell([], 'must not be empty');
  const { serviceAccounts = [], notServiceAccounts = [] } = source;
  const others = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces'] as const;
  if (serviceAccounts.length + notServiceAccounts.length > 0 && others.some((field) => count(source[field]) > 0)) {
    tell([], 'serviceAccounts cannot stand with namespaces or principals');
  }
  for (const field of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'] as const) {
    checkAddresses(source[field], (path, message) => tell([field, ...path], message));
  }
  for (const field of ['serviceAccounts', 'notServiceAccounts'] as const) {
    checkServiceAccounts(source[field], (path, message) => tell([field, ...path], message));
  }
  for (const field of ['trustDomains', 'notTrustDomains'] as const) {
    checkTrustDomains(source[field], true, (path, message) => tell([field, ...path], message));
  }
  if (action !== 'CUSTOM') return;
  for (const field of identityFields) {
    const negated = `not${field.charAt(0).toUpperCase()}${field.slice(1)}`;
    for (const used of [field, negated]) {
      const values: unknown = Reflect.get(source, used);
      if (Array.isArray(values) && values.length > 0) tell([used], 'is not supported with action CUSTOM');
    }
  }
}

function checkOperation(operation: OperationSpec, tell: Tell): void {
  if (isEmpty(operation)) tell([], 'must not be empty');
  for (const field of ['ports', 'notPorts'] as const) {
    checkPorts(operation[field], (path, message) => tell([field, ...path], message));
  }
  for (const field of ['paths', 'notPaths'] as const) {
    for (const [index, path] of (operation[field] ?? []).entries()) {
      const fault = pathTemplateFault(path);
      if (fault !== undefined) tell([field, index], fault);
    }
  }
}

function checkCondition(
  { key, values, notValues }: WhenSpec,
  action: AuthorizationPolicySpec['action'],
  tell: Tell,
): void {
  if (count(values) + count(notValues) === 0) tell([], 'needs values or notValues');
  if (action === 'CUSTOM' && isIdentityKey(key)) tell(['key'], `${key} is not supported with action CUSTOM`);
  if (isMapKey(key)) {
    const open = key.indexOf('[');
    if (!key.endsWith(']') || open <= 0 || open >= key.length - 2) tell(['key'], `${key} must have the form a[b]`);
    return;
  }
  const check = valueChecks.get(key);
  if (check === undefined) tell(['key'], `unknown attribute ${key}`);
  else {
    check(values, (path, message) => tell(['values', ...path], message));
    check(notValues, (path, message) => tell(['notValues', ...path], message));
  }
}

function isMapKey(key: string): boolean {
  return ['request.headers', 'request.auth.claims', 'experimental.envoy.filters.'].some((map) => key.startsWith(map));
}

function isIdentityKey(key: string): boolean {
  const keys = ['source.namespace', 'source.serviceAccount', 'source.trustDomain', 'source.principal'];
  return keys.includes(key) || key.startsWith('request.auth.');
}

type CheckValues = (values: readonly string[] | undefined, tell: Tell) => void;

const anyValues: CheckValues = () => undefined;

const valueChecks: ReadonlyMap<string, CheckValues> = new Map([
  ['source.ip', checkAddresses],
  ['remote.ip', checkAddresses],
  ['destination.ip', checkAddresses],
  ['destination.port', checkPorts],
  ['source.serviceAccount', checkServiceAccounts],
  ['source.trustDomain', (values, tell) => checkTrustDomains(values, false, tell)],
  ['source.namespace', anyValues],
  ['source.principal', anyValues],
  ['request.auth.principal', anyValues],
  ['request.auth.audiences', anyValues],
  ['request.auth.presenter', anyValues],
  ['connection.sni', anyValues],
]);

function checkAddresses(values: readonly string[] | undefined, tell: Tell): void {
  for (const [index, value] of (values ?? []).entries()) {
    if (parseAddress(value) === undefined && parseCidr(value) === undefined) {
      tell([index], `"${value}" is neither an IP address nor a CIDR`);
    }
  }
}

function checkPorts(values: readonly string[] | undefined, tell: Tell): void {
  for (const [index, value] of (values ?? []).entries()) {
    if (!/^[0-9]{1,10}$/.test(value) || Number(value) > 65_535) tell([index], `"${value}" is no port`);
  }
}

function checkServiceAccounts(values: readonly string[] | undefined, tell: Tell): void {
  if (count(values) > serviceAccountsMax) tell([], `may not have more than ${serviceAccountsMax} values`);
  for (const [index, value] of (values ?? []).entries()) {
    if (value.includes('*')) tell([index], 'wildcards are not allowed');
    if (value.length > serviceAccountLengthMax) tell([index], `may not exceed ${serviceAccountLengthMax} characters`);
    if (!/^[^/]+(\/[^/]+)?$/.test(value)) tell([index], 'must be serviceAccount or namespace/serviceAccount');
  }
}

function checkTrustDomains(values: readonly string[] | undefined, noSlash: boolean, tell: Tell): void {
  for (const [index, value] of (values ?? []).entries()) {
    if (!/^(\*|[^*]*|\*[^*]+|[^*]+\*)$/.test(value)) tell([index], 'one star may stand at the start or the end');
    if (noSlash && value.includes('/')) tell([index], 'must not contain "/"');
  }
}

function count(values: readonly string[] | undefined): number {
  return values?.length ?? 0;
}

function isEmpty(fields: Readonly<Record<string, readonly string[] | undefined>>): boolean {
  return Object.values(fields).every((values) => count(values) === 0);
}
