import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { findEngine } from '@kestrel/engines';
import { certificateAuthority, eventually, freePort, spawnProcess, tempDir } from '@kestrel/testkit';
import type { ProxyRequest } from '../src/testing/envoy-rbac/facts.ts';
import type { Rbac } from '../src/testing/envoy-rbac/rbac.ts';

/** Policies of one case, as two filters in the order of istiod. */
export interface RbacCase {
  readonly deny: Rbac | undefined;
  readonly allow: Rbac | undefined;
}

/** A real Envoy that judges requests by the policies of cases, one after the other's request. */
export interface EnvoyProxy extends AsyncDisposable {
  /** 200 or 403. The source and destination must be addresses of 127.0.0.0/8; the port is one of the proxy's. */
  judge(caseIndex: number, request: ProxyRequest): Promise<number>;
}

const typeUrl = 'type.googleapis.com/envoy';
const rbacType = `${typeUrl}.extensions.filters.http.rbac.v3`;
const tokenKey = 'a key that only this test knows, long enough for HS256';
const caseHeader = 'x-kestrel-case';

/** Starts Envoy with these cases on two ports of all loopback addresses, for plaintext and mutual TLS alike. */
export async function startEnvoy(cases: readonly RbacCase[], ports: readonly number[]): Promise<EnvoyProxy> {
  const { path } = await findEngine('envoy', { onProgress: (line) => void stderr.write(`${line}\n`) });
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir('kestrel-envoy-'));
  const ca = await certificateAuthority();
  const server = await ca.issue({ commonName: 'server', dnsNames: ['web'] });
  const adminPort = await freePort();
  const config = join(folder.path, 'envoy.json');
  const tls = { ca: ca.certPem, cert: server.certPem, key: server.keyPem };
  await writeFile(config, JSON.stringify(envoyConfig(cases, ports, adminPort, tls)));
  const baseId = String(adminPort);
  const args = ['-c', config, '--concurrency', '1', '--base-id', baseId, '--log-level', 'warning'];
  const proxy = stack.use(await spawnProcess({ name: 'envoy', command: path, args }));
  const ready = await eventually(async () => {
    if (proxy.exit !== undefined) return 'ended';
    return (await fetch(`http://127.0.0.1:${adminPort}/ready`)).ok && 'ready';
  });
  if (ready === 'ended') throw new Error(`envoy ended: ${proxy.output()}`);
  const certificates = new Map<string, Promise<{ cert: string; key: string }>>();
  const certificateOf = (principal: string): Promise<{ cert: string; key: string }> => {
    const made =
      certificates.get(principal) ??
      ca
        .issue({ commonName: '', uris: [`spiffe://${principal}`] })
        .then(({ certPem: cert, keyPem: key }) => ({ cert, key }));
    certificates.set(principal, made);
    return made;
  };
  const owned = stack.move();
  return {
    judge: async (caseIndex, request) =>
      await send(
        caseIndex,
        request,
        request.principal === undefined ? undefined : await certificateOf(request.principal),
      ),
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

async function send(
  caseIndex: number,
  { sourceIp, destinationIp, remoteIp, port, sni, http, claims }: ProxyRequest,
  certificate: { readonly cert: string; readonly key: string } | undefined,
): Promise<number> {
  const token = Object.keys(claims).length > 0 ? { authorization: `Bearer ${signed(claims)}` } : {};
  const options = {
    host: destinationIp,
    localAddress: sourceIp,
    port,
    method: http?.method ?? 'GET',
    path: http?.path ?? '/',
    agent: false,
    headers: {
      host: http?.host ?? 'web',
      [caseHeader]: String(caseIndex),
      'x-forwarded-for': remoteIp,
      ...token,
      ...http?.headers,
    },
  };
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const onResponse = (response: { statusCode?: number | undefined; resume(): unknown }): void => {
    response.resume();
    resolve(response.statusCode ?? 0);
  };
  const sent =
    certificate === undefined
      ? plainRequest(options, onResponse)
      : // Whose server it is does not matter here; Envoy checks ours.
        tlsRequest({ ...options, ...certificate, servername: sni, rejectUnauthorized: false }, onResponse);
  sent.on('error', reject);
  sent.end();
  return await promise;
}

/** A token of the issuer that the proxy trusts, whatever its claims. */
function signed(claims: Readonly<Record<string, unknown>>): string {
  const text = `${tokenPart({ alg: 'HS256', kid: 'test', typ: 'JWT' })}.${tokenPart(claims)}`;
  return `${text}.${createHmac('sha256', tokenKey).update(text).digest('base64url')}`;
}

function tokenPart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function envoyConfig(
  cases: readonly RbacCase[],
  ports: readonly number[],
  adminPort: number,
  tls: { readonly ca: string; readonly cert: string; readonly key: string },
): unknown {
  const manager = {
    '@type': `${typeUrl}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'web',
    // As istiod sets it for sidecars: X-Forwarded-For is believed, paths are normalized.
    use_remote_address: false,
    normalize_path: true,
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: cases.map(routeOf) }] },
    http_filters: [
      { name: 'jwt', typed_config: jwtFilter() },
      { name: 'deny', typed_config: { '@type': `${rbacType}.RBAC` } },
      { name: 'allow', typed_config: { '@type': `${rbacType}.RBAC` } },
      { name: 'router', typed_config: { '@type': `${typeUrl}.extensions.filters.http.router.v3.Router` } },
    ],
  };
  const filters = [{ name: 'http', typed_config: manager }];
  return {
    admin: { address: address('127.0.0.1', adminPort) },
    static_resources: {
      listeners: ports.map((port) => ({
        name: `port-${port}`,
        address: address('0.0.0.0', port),
        listener_filters: [
          {
            name: 'tls',
            typed_config: { '@type': `${typeUrl}.extensions.filters.listener.tls_inspector.v3.TlsInspector` },
          },
        ],
        filter_chains: [
          { filter_chain_match: { transport_protocol: 'raw_buffer' }, filters },
          { filter_chain_match: { transport_protocol: 'tls' }, filters, transport_socket: tlsSocket(tls) },
        ],
      })),
    },
  };
}

/** One route for each case, chosen by a header that no policy looks at. */
function routeOf({ deny, allow }: RbacCase, index: number): unknown {
  return {
    match: { prefix: '/', headers: [{ name: caseHeader, string_match: { exact: String(index) } }] },
    direct_response: { status: 200 },
    typed_per_filter_config: { deny: routeFilter(deny), allow: routeFilter(allow) },
  };
}

function routeFilter(rules: Rbac | undefined): unknown {
  return { '@type': `${rbacType}.RBACPerRoute`, rbac: { rules } };
}

function jwtFilter(): unknown {
  const key = { kty: 'oct', alg: 'HS256', kid: 'test', k: Buffer.from(tokenKey).toString('base64url') };
  return {
    '@type': `${typeUrl}.extensions.filters.http.jwt_authn.v3.JwtAuthentication`,
    providers: {
      test: {
        local_jwks: { inline_string: JSON.stringify({ keys: [key] }) },
        payload_in_metadata: 'payload',
        normalize_payload_in_metadata: { space_delimited_claims: ['permission', 'scope'] },
      },
    },
    rules: [
      {
        match: { prefix: '/' },
        requires: { requires_any: { requirements: [{ provider_name: 'test' }, { allow_missing: {} }] } },
      },
    ],
  };
}

function tlsSocket({ ca, cert, key }: { readonly ca: string; readonly cert: string; readonly key: string }): unknown {
  return {
    name: 'tls',
    typed_config: {
      '@type': `${typeUrl}.extensions.transport_sockets.tls.v3.DownstreamTlsContext`,
      require_client_certificate: true,
      common_tls_context: {
        tls_certificates: [{ certificate_chain: { inline_string: cert }, private_key: { inline_string: key } }],
        validation_context: { trusted_ca: { inline_string: ca } },
      },
    },
  };
}

function address(host: string, port: number): unknown {
  return { socket_address: { address: host, port_value: port } };
}
