import type { Labels } from '../model/selector.ts';
import { evidenceAnnotations } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import type { PeerAndPort } from './merge-rules.ts';
import { ciliumPath, escapeRegex, parsePathTemplate } from './path-template.ts';
import type { DraftPolicy, DraftRule, PeerScope, PortScope, RequestScope } from './scope.ts';

/** The label by which Cilium knows a pod's namespace. */
const namespaceLabel = 'k8s:io.kubernetes.pod.namespace';

/** Writes a policy as a CiliumNetworkPolicy (cilium.io/v2). */
export function ciliumManifest(draft: DraftPolicy): Manifest {
  const { name, namespace, subject, ingress, egress } = draft;
  const annotations = {
    ...evidenceAnnotations('ingress', ingress ?? []),
    ...evidenceAnnotations('egress', egress ?? []),
  };
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name, namespace, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: {
      endpointSelector: endpointSelector(subject),
      ...(ingress === undefined ? {} : { ingress: ciliumRules('from', namespace, ingress) }),
      ...(egress === undefined ? {} : { egress: ciliumRules('to', namespace, egress) }),
    },
  };
}

/**
 * Keeps apart what one rule of Cilium can't hold together: peers of different kinds (their fields would have to hold all at
 * once), and ICMP types with ports.
 */
export function ciliumApart({ peer, port }: PeerAndPort): string {
  return `${peer.kind} ${isIcmp(port) ? 'icmp' : 'ports'}`;
}

/** An empty rule turns default deny on and allows nothing; an empty list would do nothing at all. */
function ciliumRules(side: 'from' | 'to', namespace: string, rules: readonly DraftRule[]): Record<string, unknown>[] {
  if (rules.length === 0) return [{}];
  return rules.map(({ peers, ports }) => ({ ...peerField(side, namespace, peers), ...portFields(ports) }));
}

function peerField(side: 'from' | 'to', namespace: string, peers: readonly PeerScope[]): Record<string, unknown> {
  const kind = peers[0]?.kind;
  const field =
    kind === 'addresses'
      ? `${side}CIDR`
      : kind === 'entity'
        ? `${side}Entities`
        : kind === 'name'
          ? 'toFQDNs'
          : `${side}Endpoints`;
  return { [field]: peers.map((peer) => peerEntry(peer, namespace)) };
}

function peerEntry(peer: PeerScope, namespace: string): unknown {
  switch (peer.kind) {
    case 'pods': {
      const ofNamespace: Labels =
        peer.namespace === namespace ? new Map() : new Map([[namespaceLabel, peer.namespace]]);
      return endpointSelector(new Map([...ofNamespace, ...peer.labels]));
    }
    case 'addresses':
      return peer.cidr;
    case 'entity':
      return peer.entity;
    case 'name':
      return { matchName: peer.name };
    case 'principal':
      throw new TypeError('a CiliumNetworkPolicy has no principals as peers');
  }
}

/** `k8s:` would be added by Cilium; only the namespace's key needs it to be told from a label of the pod. */
function endpointSelector(labels: Labels): Record<string, unknown> {
  return labels.size === 0 ? {} : { matchLabels: Object.fromEntries(labels) };
}

function portFields(ports: readonly PortScope[]): Record<string, unknown> {
  const types = ports.filter(isIcmp);
  if (types.length > 0) return { icmps: [{ fields: types.map(icmpField) }] };
  const plain = ports.filter(({ requests, readsDns }) => requests === undefined && readsDns !== true);
  const dns = ports.filter(({ readsDns }) => readsDns === true);
  const http = Map.groupBy(
    ports.filter(({ requests }) => requests !== undefined),
    ({ requests = [] }) => JSON.stringify(requests),
  );
  return {
    toPorts: [
      ...(plain.length === 0 ? [] : [{ ports: plain.map(portEntry) }]),
      ...(dns.length === 0 ? [] : [{ ports: dns.map(portEntry), rules: { dns: [{ matchPattern: '*' }] } }]),
      ...[...http.values()].map((group) => ({
        ports: group.map(portEntry),
        rules: { http: (group[0]?.requests ?? []).map(httpEntry) },
      })),
    ],
  };
}

function portEntry({ port, name, protocol }: PortScope): Record<string, string> {
  return { port: name ?? String(port), protocol };
}

function icmpField({ protocol, port }: PortScope): Record<string, unknown> {
  return { family: protocol === 'ICMP' ? 'IPv4' : 'IPv6', type: port };
}

/** A request as a PortRuleHTTP: both fields are regular expressions that must match whole. */
export function httpEntry({ method, path }: RequestScope): Record<string, string> {
  return {
    ...(method === undefined ? {} : { method: escapeRegex(method) }),
    ...(path === undefined ? {} : { path: ciliumPath(parsePathTemplate(path)) }),
  };
}

function isIcmp({ protocol }: PortScope): boolean {
  return protocol === 'ICMP' || protocol === 'ICMPv6';
}
