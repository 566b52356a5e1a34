import type { Manifest } from './manifest.ts';
import { evidenceAnnotations } from './manifest.ts';
import { matchLabels } from './network-policy-form.ts';
import { istioPath, parsePathTemplate } from './path-template.ts';
import { compareText } from './scope.ts';
import type { DraftPolicy, DraftRule, PeerScope, PortScope, RequestScope } from './scope.ts';

/** Writes the ingress of a policy as an AuthorizationPolicy (security.istio.io/v1) that allows; without rules it denies. */
export function authorizationManifest({ name, namespace, subject, ingress = [] }: DraftPolicy): Manifest {
  const annotations = evidenceAnnotations('rules', ingress);
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name, namespace, ...(ingress.length === 0 ? {} : { annotations }) },
    spec: {
      ...(subject.size === 0 ? {} : { selector: matchLabels(subject) }),
      ...(subject.size === 0 && ingress.length === 0 ? {} : { action: 'ALLOW' }),
      ...(ingress.length === 0 ? {} : { rules: ingress.map(authorizationRule) }),
    },
  };
}

function authorizationRule({ peers, ports }: DraftRule): Record<string, unknown> {
  return {
    from: sources(peers).map((source) => ({ source })),
    to: operations(ports).map((operation) => ({ operation })),
  };
}

/** Principals and addresses stand in sources of their own: within one, all fields must hold. */
function sources(peers: readonly PeerScope[]): Record<string, readonly string[]>[] {
  const principals = peers.flatMap((peer) => (peer.kind === 'principal' ? [peer.principal] : []));
  const ipBlocks = peers.flatMap((peer) => (peer.kind === 'addresses' ? [peer.cidr] : []));
  if (principals.length + ipBlocks.length < peers.length) {
    throw new TypeError('sources of an AuthorizationPolicy are principals and addresses');
  }
  return [...(principals.length === 0 ? [] : [{ principals }]), ...(ipBlocks.length === 0 ? [] : [{ ipBlocks }])];
}

/** Ports with the same requests share operations; methods and paths are joined where their product is what was asked. */
function operations(ports: readonly PortScope[]): Record<string, readonly string[]>[] {
  const groups = Map.groupBy(ports, ({ requests }) => JSON.stringify(requests ?? 'any'));
  return [...groups.values()].flatMap((group) => {
    const numbers = group.map(({ port }) => String(port));
    const requests = group[0]?.requests;
    if (requests === undefined) return [{ ports: numbers }];
    return requestProducts(requests).map(({ methods, paths }) => ({
      ports: numbers,
      ...(methods === undefined ? {} : { methods }),
      ...(paths === undefined ? {} : { paths }),
    }));
  });
}

interface Product {
  readonly methods: readonly string[] | undefined;
  readonly paths: readonly string[] | undefined;
}

/** Splits requests into products of methods and paths that together are exactly them. */
export function requestProducts(requests: readonly RequestScope[]): readonly Product[] {
  const any = '';
  const byPath = Map.groupBy(requests, ({ path }) => (path === undefined ? any : writtenPath(path)));
  const methodsOf = [...byPath].map(([path, group]) => {
    const unlimited = group.some(({ method }) => method === undefined);
    const methods = unlimited ? any : [...new Set(group.map(({ method }) => method ?? ''))].toSorted().join(' ');
    return { path, methods };
  });
  return [...Map.groupBy(methodsOf, ({ methods }) => methods)]
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([methods, group]): Product[] => {
      const list = methods === any ? undefined : methods.split(' ');
      const paths = group.map(({ path }) => path).toSorted();
      return paths.includes(any) ? [{ methods: list, paths: undefined }] : [{ methods: list, paths }];
    });
}

function writtenPath(path: string): string {
  const written = istioPath(parsePathTemplate(path));
  if (written === undefined) throw new TypeError(`an AuthorizationPolicy can't express the path ${path}`);
  return written;
}
