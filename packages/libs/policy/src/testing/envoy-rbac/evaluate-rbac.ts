import { Metadata } from '@grpc/grpc-js';
import { parsePermission, parsePrincipal } from '@grpc/grpc-js-xds/build/src/rbac.js';
import type { Permission__Output } from '@grpc/grpc-js-xds/build/src/generated/envoy/config/rbac/v3/Permission.js';
import type { Principal__Output } from '@grpc/grpc-js-xds/build/src/generated/envoy/config/rbac/v3/Principal.js';
import type { HeaderMatcher__Output } from '@grpc/grpc-js-xds/build/src/generated/envoy/config/route/v3/HeaderMatcher.js';
import type { StringMatcher__Output } from '@grpc/grpc-js-xds/build/src/generated/envoy/type/matcher/v3/StringMatcher.js';
import { parseAddress } from '../../address/address.ts';
import { canonicalCidr, parseCidr, rangeContains } from '../../address/cidr.ts';
import type { ProxyRequest } from './facts.ts';
import type {
  CidrRange,
  HeaderMatcher,
  MetadataMatcher,
  Permission,
  Principal,
  Rbac,
  StringMatcher,
  ValueMatcher,
} from './rbac.ts';

// Evaluates RBAC configurations with the engine of @grpc/grpc-js-xds. What gRPC has no notion of (token metadata, server
// names, URI templates, an original client other than the peer) is decided here and handed over as "any" or "not any"; so are
// regular expressions, since re2-wasm never frees one and its 16 MB can't grow.

/** Whether the policies of an RBAC configuration let a request pass; without a configuration everything does. */
export function rbacAllows(rbac: Rbac | undefined, request: ProxyRequest): boolean {
  if (rbac === undefined) return true;
  const matched = Object.values(rbac.policies).some(({ permissions, principals }) =>
    policyMatches(permissions, principals, request),
  );
  return rbac.action === 'ALLOW' ? matched : rbac.action === 'DENY' ? !matched : true;
}

function policyMatches(
  permissions: readonly Permission[],
  principals: readonly Principal[],
  request: ProxyRequest,
): boolean {
  const info = grpcInfo(request);
  return (
    principals.some((each) => parsePrincipal(principalOutput(each, request)).apply(info)) &&
    permissions.some((each) => parsePermission(permissionOutput(each, request)).apply(info))
  );
}

function grpcInfo({ http, ...rest }: ProxyRequest) {
  const headers = new Metadata();
  for (const [name, value] of Object.entries(http?.headers ?? {})) headers.set(name, value);
  if (http !== undefined) {
    headers.set(':method', http.method);
    headers.set(':authority', http.host);
    headers.set(':path', http.path);
  }
  const subjectaltname = `URI:spiffe://${rest.principal ?? ''}`;
  return {
    headers,
    urlPath: pathOf({ http }),
    destinationIp: rest.destinationIp,
    destinationPort: rest.port,
    tls: rest.principal !== undefined,
    peerCertificate: rest.principal === undefined ? null : { subjectaltname, subject: emptySubject },
    sourceIp: rest.sourceIp,
  };
}

function pathOf({ http }: Pick<ProxyRequest, 'http'>): string {
  return http?.path.replace(/[?#].*$/s, '') ?? '';
}

const emptySubject = { C: '', ST: '', L: '', O: '', OU: '', CN: '' };

function permissionOutput(from: Permission, request: ProxyRequest): Permission__Output {
  const all = (rules: readonly Permission[]): Permission__Output[] =>
    rules.map((each) => permissionOutput(each, request));
  if (from.and_rules) return { rule: 'and_rules', and_rules: { rules: all(from.and_rules.rules) } };
  if (from.or_rules) return { rule: 'or_rules', or_rules: { rules: all(from.or_rules.rules) } };
  if (from.not_rule) return { rule: 'not_rule', not_rule: permissionOutput(from.not_rule, request) };
  if (from.header) return { rule: 'header', header: headerOutput(from.header) };
  if (from.url_path) {
    if (from.url_path.path.safe_regex) return permissionIf(textMatches(from.url_path.path, pathOf(request)));
    return { rule: 'url_path', url_path: { rule: 'path', path: stringOutput(from.url_path.path) } };
  }
  if (from.destination_ip) return { rule: 'destination_ip', destination_ip: cidrOutput(from.destination_ip) };
  if (from.destination_port !== undefined) return { rule: 'destination_port', destination_port: from.destination_port };
  if (from.uri_template) return permissionIf(templateMatches(from.uri_template.typed_config.path_template, request));
  if (from.requested_server_name) return permissionIf(textMatches(from.requested_server_name, request.sni));
  if (from.metadata) return permissionIf(metadataMatches(from.metadata, request));
  return permissionIf(from.any === true);
}

function principalOutput(from: Principal, request: ProxyRequest): Principal__Output {
  const all = (ids: readonly Principal[]): Principal__Output[] => ids.map((each) => principalOutput(each, request));
  if (from.and_ids) return { identifier: 'and_ids', and_ids: { ids: all(from.and_ids.ids) } };
  if (from.or_ids) return { identifier: 'or_ids', or_ids: { ids: all(from.or_ids.ids) } };
  if (from.not_id) return { identifier: 'not_id', not_id: principalOutput(from.not_id, request) };
  if (from.authenticated) {
    const { principal } = request;
    if (from.authenticated.principal_name.safe_regex) {
      return principalIf(
        principal !== undefined && textMatches(from.authenticated.principal_name, `spiffe://${principal}`),
      );
    }
    const principal_name = stringOutput(from.authenticated.principal_name);
    return { identifier: 'authenticated', authenticated: { principal_name } };
  }
  if (from.direct_remote_ip)
    return { identifier: 'direct_remote_ip', direct_remote_ip: cidrOutput(from.direct_remote_ip) };
  if (from.header) return { identifier: 'header', header: headerOutput(from.header) };
  if (from.remote_ip) return principalIf(inRange(from.remote_ip, request.remoteIp));
  if (from.metadata) return principalIf(metadataMatches(from.metadata, request));
  return principalIf(from.any === true);
}

function permissionIf(holds: boolean): Permission__Output {
  const any: Permission__Output = { rule: 'any', any: true };
  return holds ? any : { rule: 'not_rule', not_rule: any };
}

function principalIf(holds: boolean): Principal__Output {
  const any: Principal__Output = { identifier: 'any', any: true };
  return holds ? any : { identifier: 'not_id', not_id: any };
}

function stringOutput({
  exact,
  prefix,
  suffix,
  safe_regex,
  ignore_case = false,
}: StringMatcher): StringMatcher__Output {
  if (exact !== undefined) return { match_pattern: 'exact', exact, ignore_case };
  if (prefix !== undefined) return { match_pattern: 'prefix', prefix, ignore_case };
  if (suffix !== undefined) return { match_pattern: 'suffix', suffix, ignore_case };
  throw new Error(`a regular expression is decided before: ${safe_regex?.regex ?? 'nothing'}`);
}

function headerOutput({ name, string_match }: HeaderMatcher): HeaderMatcher__Output {
  const rest = { name: name.toLowerCase(), invert_match: false, treat_missing_header_as_empty: false };
  if (string_match === undefined) return { ...rest, header_match_specifier: 'present_match', present_match: true };
  return { ...rest, header_match_specifier: 'string_match', string_match: stringOutput(string_match) };
}

function cidrOutput({ address_prefix, prefix_len = 0 }: CidrRange) {
  // gRPC compares with the block's first address, where Envoy cuts off what is behind the prefix.
  const [first = address_prefix] = (canonicalCidr(`${address_prefix}/${prefix_len}`) ?? '').split('/');
  return { address_prefix: first, prefix_len: { value: prefix_len } };
}

function inRange({ address_prefix, prefix_len = 0 }: CidrRange, ip: string): boolean {
  const range = parseCidr(`${address_prefix}/${prefix_len}`);
  const address = parseAddress(ip);
  return range !== undefined && address !== undefined && rangeContains(range, address);
}

function templateMatches(template: string, request: ProxyRequest): boolean {
  const character = "[\\w\\-.~%!$&'()+,;:@=]";
  const pattern = template
    .split('/')
    .map((segment) => {
      if (segment === '**') return `(${character}|/)*`;
      return segment === '*' ? `${character}+` : segment.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
    })
    .join('/');
  return new RegExp(`^${pattern}$`).test(pathOf(request));
}

function metadataMatches({ filter, path, value }: MetadataMatcher, { claims }: ProxyRequest): boolean {
  if (filter !== 'envoy.filters.http.jwt_authn') return false;
  let at: unknown = { payload: claims };
  for (const { key } of path)
    at = typeof at === 'object' && at !== null && !Array.isArray(at) ? Reflect.get(at, key) : undefined;
  return valueMatches(value, at);
}

function valueMatches({ string_match, list_match, or_match }: ValueMatcher, value: unknown): boolean {
  if (string_match) return typeof value === 'string' && textMatches(string_match, value);
  if (list_match) return Array.isArray(value) && value.some((each) => valueMatches(list_match.one_of, each));
  return or_match?.value_matchers.some((each) => valueMatches(each, value)) ?? false;
}

function textMatches({ exact, prefix, suffix, safe_regex }: StringMatcher, text: string): boolean {
  if (exact !== undefined) return text === exact;
  if (prefix !== undefined) return text.startsWith(prefix);
  if (suffix !== undefined) return text.endsWith(suffix);
  return new RegExp(`^(?:${safe_regex?.regex ?? ''})$`).test(text);
}
