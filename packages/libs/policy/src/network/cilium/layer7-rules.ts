import type { Cause } from '../../model/cause.ts';
import type { DnsMatch, HeaderMatch, HttpMatch, Layer7 } from '../layer7.ts';
import { layer7Count } from './sanitize.ts';
import type { DnsName, HttpRule, PortRule } from './schema.ts';

// Layer 7 parts of toPorts. Source: cilium v1.20 pkg/envoy/policy/envoy_l7_rules_translator.go (getHTTPRule),
// pkg/policy/l4.go (createL4Filter).

/** Rules of protocols that v1.20 has no more. */
const gone = ['kafka', 'l7proto', 'l7'] as const;

/**
 * What requests must look like; undefined when any do. An empty `rules`, or one with empty lists, restricts nothing.
 * `unknown` are causes found elsewhere.
 */
export function layer7Of(rule: PortRule, unknown: readonly Cause[]): Layer7 | undefined {
  const { rules, serverNames, listener } = rule;
  const causes: Cause[] = [...unknown];
  if (listener !== undefined) {
    causes.push({ code: 'unsupported', message: `requests are judged by the Envoy listener ${listener.name}` });
  }
  for (const protocol of gone) {
    if (rules?.[protocol] === undefined) continue;
    causes.push({ code: 'unsupported', message: `layer 7 rules of ${protocol} are not evaluated` });
  }
  const http = rules?.http ?? [];
  const dns = rules?.dns ?? [];
  if (layer7Count(rules) === 0 && serverNames === undefined && causes.length === 0) return undefined;
  return {
    ...(http.length > 0 ? { http: http.map(httpMatch) } : {}),
    ...(dns.length > 0 ? { dns: dns.flatMap(dnsMatches) } : {}),
    ...(serverNames === undefined ? {} : { serverNames: serverNames.map((name) => name.toLowerCase()) }),
    ...(causes.length > 0 ? { unknown: causes } : {}),
  };
}

function httpMatch({ path = '', method = '', host = '', headers = [], headerMatches = [] }: HttpRule): HttpMatch {
  const all: HeaderMatch[] = [...headers.map(headerOf), ...headerMatches.flatMap(conditionOf)];
  return {
    ...(path === '' ? {} : { path }),
    ...(method === '' ? {} : { method }),
    ...(host === '' ? {} : { host }),
    ...(all.length === 0 ? {} : { headers: all }),
  };
}

/** `X-Key: value`, `X-Key value`, or a name alone. */
function headerOf(text: string): HeaderMatch {
  const space = text.indexOf(' ');
  if (space < 0) return { name: text.toLowerCase() };
  return { name: text.slice(0, space).replace(/:+$/, '').toLowerCase(), value: text.slice(space + 1) };
}

/** With a mismatch action the request is allowed whatever the header says; the proxy only logs or changes it. */
function conditionOf({
  name,
  mismatch,
  secret,
  value = '',
}: NonNullable<HttpRule['headerMatches']>[number]): HeaderMatch[] {
  if (mismatch !== undefined) return [];
  const header = name.toLowerCase();
  if (secret !== undefined) return [{ name: header, secret: true }];
  return [value === '' ? { name: header } : { name: header, value }];
}

function dnsMatches({ matchName = '', matchPattern = '' }: DnsName): DnsMatch[] {
  return [
    ...(matchName === '' ? [] : [{ exact: bareName(matchName) }]),
    ...(matchPattern === '' ? [] : [{ pattern: matchPattern.toLowerCase() }]),
  ];
}

/** A name in lower case without the dot at its end. */
export function bareName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
