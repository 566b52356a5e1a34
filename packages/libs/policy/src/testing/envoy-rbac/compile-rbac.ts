import type { AuthorizationPolicySpec, AuthorizationRule, WhenSpec } from '../../authorization/schema.ts';
import type { HeaderMatcher, Permission, Principal, Rbac, RbacPolicy, StringMatcher, ValueMatcher } from './rbac.ts';

// A second, independent way from AuthorizationPolicies to verdicts: the configuration that istiod writes for Envoy, as
// pilot/pkg/security/authz/{builder,model,matcher} describe it. Trust domain aliases are left to the test of istiod itself.

/** A policy to compile. */
export interface NamedSpec {
  readonly namespace: string;
  readonly name: string;
  readonly spec: AuthorizationPolicySpec;
}

const httpOnlyOperations = new Set(['hosts', 'methods', 'paths']);
const httpOnlyKeys = /^request\./;
const jwtFilter = 'envoy.filters.http.jwt_authn';

/** The RBAC of all policies of one action; undefined without any, since then istiod adds no filter. */
export function compileRbac(policies: readonly NamedSpec[], action: 'ALLOW' | 'DENY', tcp: boolean): Rbac | undefined {
  const used = policies.filter(({ spec }) => spec.action === action);
  if (used.length === 0) return undefined;
  const compiled: Record<string, RbacPolicy> = {};
  for (const { namespace, name, spec } of used) {
    const rules = spec.rules ?? [];
    if (rules.length === 0) compiled[`ns[${namespace}]-policy[${name}]-rule[0]`] = never;
    for (const [index, rule] of rules.entries()) {
      if (tcp && action === 'ALLOW' && usesHttp(rule)) continue;
      compiled[`ns[${namespace}]-policy[${name}]-rule[${index}]`] = compileRule(rule, namespace, tcp);
    }
  }
  return { action, policies: compiled };
}

const never: RbacPolicy = { permissions: [{ not_rule: { any: true } }], principals: [{ not_id: { any: true } }] };

function usesHttp(rule: AuthorizationRule): boolean {
  const operations = (rule.to ?? []).flatMap(({ operation }) => Object.entries(operation));
  const sources = (rule.from ?? []).flatMap(({ source }) => Object.entries(source));
  return (
    operations.filter(filled).some(([name]) => httpOnlyOperations.has(positive(name))) ||
    sources.filter(filled).some(([name]) => positive(name) === 'requestPrincipals') ||
    (rule.when ?? []).some(({ key }) => httpOnlyKeys.test(key))
  );
}

function filled([, values]: [string, readonly string[] | undefined]): boolean {
  return (values ?? []).length > 0;
}

function compileRule(rule: AuthorizationRule, namespace: string, tcp: boolean): RbacPolicy {
  const when = (rule.when ?? []).filter(({ key }) => !(tcp && httpOnlyKeys.test(key)));
  const permissionsOfWhen = when.filter(({ key }) => isPermissionKey(key)).flatMap(permissionOfWhen);
  const principalsOfWhen = when
    .filter(({ key }) => !isPermissionKey(key))
    .flatMap((each) => principalOfWhen(each, namespace));
  const tos = rule.to ?? [{ operation: {} }];
  const froms = rule.from ?? [{ source: {} }];
  return {
    permissions: tos.map(({ operation }) => {
      const entries = Object.entries(operation).filter(([name]) => !(tcp && httpOnlyOperations.has(positive(name))));
      const rules = [...entries.flatMap(([name, values]) => permissionOf(name, values ?? [])), ...permissionsOfWhen];
      return { and_rules: { rules: rules.length > 0 ? rules : [{ any: true }] } };
    }),
    principals: froms.map(({ source }) => {
      const entries = Object.entries(source).filter(([name]) => !(tcp && positive(name) === 'requestPrincipals'));
      const ids = [
        ...entries.flatMap(([name, values]) => principalOf(name, values ?? [], namespace)),
        ...principalsOfWhen,
      ];
      return { and_ids: { ids: ids.length > 0 ? ids : [{ any: true }] } };
    }),
  };
}

function permissionOf(name: string, values: readonly string[]): Permission[] {
  if (values.length === 0) return [];
  const one: Readonly<Record<string, (value: string) => Permission>> = {
    hosts: (value) => ({ header: headerMatcher(':authority', value, true) }),
    methods: (value) => ({ header: headerMatcher(':method', value, false) }),
    paths: pathPermission,
    ports: (value) => ({ destination_port: Number(value) }),
  };
  const make = one[positive(name)];
  if (make === undefined) throw new Error(`no permission for ${name}`);
  const any: Permission = { or_rules: { rules: values.map(make) } };
  return [isNegated(name) ? { not_rule: any } : any];
}

function pathPermission(value: string): Permission {
  if (!value.includes('{*}') && !value.includes('{**}')) return { url_path: { path: stringMatcher(value) } };
  const type = 'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig';
  const path_template = value.replaceAll('{**}', '**').replaceAll('{*}', '*');
  return { uri_template: { name: 'uri-template', typed_config: { '@type': type, path_template } } };
}

function principalOf(name: string, values: readonly string[], namespace: string): Principal[] {
  if (values.length === 0) return [];
  const any: Principal =
    positive(name) === 'requestPrincipals'
      ? { or_ids: { ids: values.map(requestPrincipal) } }
      : { or_ids: { ids: values.map((value) => sourcePrincipal(positive(name), value, namespace)) } };
  return [isNegated(name) ? { not_id: any } : any];
}

function sourcePrincipal(name: string, value: string, namespace: string): Principal {
  switch (name) {
    case 'principals':
      if (value === '*') return regex('.+');
      if (value.startsWith('*')) return regex(`spiffe://.*${quoted(value.slice(1))}`);
      if (value.endsWith('*')) return named({ prefix: `spiffe://${value.slice(0, -1)}` });
      return named({ exact: `spiffe://${value}` });
    case 'namespaces':
      return regex(`.*/ns/${value.split('*').map(quoted).join('.*')}/.*`);
    case 'serviceAccounts': {
      const [first = '', second] = value.split('/');
      const [ns, account] = second === undefined ? [namespace, first] : [first, second];
      return regex(`spiffe://.+/ns/${quoted(ns)}/(.+/|)sa/${quoted(account)}(/.+)?`);
    }
    case 'trustDomains':
      if (value === '*') return named({ prefix: 'spiffe://' });
      if (!value.includes('*')) return named({ prefix: `spiffe://${value}/` });
      return regex(`spiffe://${value.split('*').map(quoted).join('[^/]*')}/.*`);
    case 'ipBlocks':
      return { direct_remote_ip: cidr(value) };
    case 'remoteIpBlocks':
      return { remote_ip: cidr(value) };
    default:
      throw new Error(`no principal for ${name}`);
  }
}

function named(principal_name: StringMatcher): Principal {
  return { authenticated: { principal_name } };
}

function regex(text: string): Principal {
  return named({ safe_regex: { regex: text } });
}

function requestPrincipal(value: string): Principal {
  const slash = value.lastIndexOf('/');
  const [iss, sub] = slash < 0 ? [value, ''] : [value.slice(0, slash), value.slice(slash + 1)];
  const any: StringMatcher = { safe_regex: { regex: '.+' } };
  let issuer: StringMatcher = { exact: iss };
  let subject: StringMatcher = { exact: sub };
  if (value === '*') [issuer, subject] = [any, any];
  else if (value.startsWith('*')) {
    if (slash < 0) [issuer, subject] = [any, { suffix: value.slice(1) }];
    else issuer = iss === '*' ? any : { suffix: iss.slice(1) };
  } else if (value.endsWith('*')) {
    if (slash < 0) [issuer, subject] = [{ prefix: value.slice(0, -1) }, any];
    else subject = sub === '*' ? any : { prefix: sub.slice(0, -1) };
  }
  return { and_ids: { ids: [jwt(['iss'], { string_match: issuer }), jwt(['sub'], { string_match: subject })] } };
}

function isPermissionKey(key: string): boolean {
  return /^(destination\.(ip|port)|connection\.sni|experimental\.envoy\.filters\..*)$/.test(key);
}

function permissionOfWhen({ key, values = [], notValues = [] }: WhenSpec): Permission[] {
  const any = (texts: readonly string[]): Permission => ({
    or_rules: {
      rules: texts.map((text) => {
        if (key === 'destination.ip') return { destination_ip: cidr(text) };
        if (key === 'destination.port') return { destination_port: Number(text) };
        return { requested_server_name: stringMatcher(text) };
      }),
    },
  });
  return [...(values.length > 0 ? [any(values)] : []), ...(notValues.length > 0 ? [{ not_rule: any(notValues) }] : [])];
}

function principalOfWhen({ key, values = [], notValues = [] }: WhenSpec, namespace: string): Principal[] {
  const any = (texts: readonly string[]): Principal => anyOfKey(key, texts, namespace);
  return [...(values.length > 0 ? [any(values)] : []), ...(notValues.length > 0 ? [{ not_id: any(notValues) }] : [])];
}

const sourceFields: Readonly<Record<string, string>> = {
  'source.ip': 'ipBlocks',
  'remote.ip': 'remoteIpBlocks',
  'source.namespace': 'namespaces',
  'source.principal': 'principals',
  'source.serviceAccount': 'serviceAccounts',
  'source.trustDomain': 'trustDomains',
};

function anyOfKey(key: string, values: readonly string[], namespace: string): Principal {
  const field = sourceFields[key];
  if (field !== undefined) return { or_ids: { ids: values.map((value) => sourcePrincipal(field, value, namespace)) } };
  if (key.startsWith('request.headers[')) {
    const name = key.slice('request.headers['.length, -1);
    return { or_ids: { ids: values.map((value) => ({ header: headerMatcher(name, value, false) })) } };
  }
  if (key === 'request.auth.principal') return { or_ids: { ids: values.map(requestPrincipal) } };
  const each = values.map((text): ValueMatcher => ({ string_match: stringMatcher(text) }));
  // Envoy refuses an "or" of one.
  const texts = each.length === 1 && each[0] !== undefined ? each[0] : { or_match: { value_matchers: each } };
  const listOrText: ValueMatcher = { or_match: { value_matchers: [{ list_match: { one_of: texts } }, texts] } };
  if (key === 'request.auth.audiences') return jwt(['aud'], listOrText);
  if (key === 'request.auth.presenter') return jwt(['azp'], listOrText);
  return jwt(key.slice('request.auth.claims['.length, -1).split(']['), listOrText);
}

function jwt(path: readonly string[], value: ValueMatcher): Principal {
  return { metadata: { filter: jwtFilter, path: ['payload', ...path].map((key) => ({ key })), value } };
}

function stringMatcher(value: string): StringMatcher {
  if (value === '*') return { safe_regex: { regex: '.+' } };
  if (value.startsWith('*')) return { suffix: value.slice(1) };
  return value.endsWith('*') ? { prefix: value.slice(0, -1) } : { exact: value };
}

function headerMatcher(name: string, value: string, ignoreCase: boolean): HeaderMatcher {
  if (value === '*') return { name, present_match: true };
  return { name, string_match: { ...stringMatcher(value), ...(ignoreCase && { ignore_case: true }) } };
}

function cidr(text: string): { address_prefix: string; prefix_len: number } {
  const [address_prefix = '', length] = text.split('/');
  return { address_prefix, prefix_len: Number(length ?? (address_prefix.includes(':') ? 128 : 32)) };
}

function positive(name: string): string {
  return isNegated(name) ? name.charAt(3).toLowerCase() + name.slice(4) : name;
}

function isNegated(name: string): boolean {
  return /^not[A-Z]/.test(name);
}

function quoted(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
}
