import type { Protocol } from '../../model/cluster.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import { compileNetwork } from '../../network/engine/compile-network.ts';
import type { EndpointQuery } from '../../network/peer.ts';
import { readManifests } from '../../parse/read-manifests.ts';

// The model cluster of the network-policy-api's conformance tests: five namespaces with two pods each, which serve TCP 80
// (`web`) and 8080, UDP 53 (`dns`) and 5353, SCTP 9003 and 9005, on two nodes, with a pod in the host's network on each.

/** Namespaces: the policies are about `home`, the others are treated as they are called. */
export const HOUSES = ['home', 'friends', 'mixed', 'strict', 'others'] as const;
/** One of them. */
export type House = (typeof HOUSES)[number];

/** Served ports, `TCP/80`. */
export const SERVED = ['TCP/80', 'TCP/8080', 'UDP/53', 'UDP/5353', 'SCTP/9003', 'SCTP/9005'] as const;

/** Who asks whom, on which ports, and what comes out: `home/0 > mixed/1 TCP/80 UDP/53 denied`. Ends may be addresses. */
export type Line = `${string} > ${string} ${'allowed' | 'denied'}`;

/** A rule in neither API's words; `to` names a namespace, or is a peer as it stands. */
export interface NeutralRule {
  readonly action: 'allow' | 'deny' | 'pass';
  readonly peer: House | object;
  /** `TCP/80`, `TCP/80-90` or a name. */
  readonly ports?: readonly string[];
}

/** A policy in neither API's words. */
export interface NeutralPolicy {
  readonly tier: 'admin' | 'baseline';
  readonly priority?: number;
  readonly subject?: object;
  readonly ingress?: readonly NeutralRule[];
  readonly egress?: readonly NeutralRule[];
}

/** The API generations: AdminNetworkPolicy with BaselineAdminNetworkPolicy, and ClusterNetworkPolicy. */
export type Generation = 'v1alpha1' | 'v1alpha2';

const subjectHome = { namespaces: { matchLabels: { house: 'home' } } };

/** The object in one generation's words. */
export function policyObject(policy: NeutralPolicy, index: number, generation: Generation): unknown {
  const { tier, priority = 10, subject = subjectHome, ingress = [], egress = [] } = policy;
  const rules = {
    subject,
    ingress: ingress.map((rule) => ruleObject(rule, 'from', generation)),
    egress: egress.map((rule) => ruleObject(rule, 'to', generation)),
  };
  const apiVersion = `policy.networking.k8s.io/${generation}`;
  if (generation === 'v1alpha2') {
    const spec = { tier: tier === 'admin' ? 'Admin' : 'Baseline', priority, ...rules };
    return { apiVersion, kind: 'ClusterNetworkPolicy', metadata: { name: `policy-${index}` }, spec };
  }
  return tier === 'admin'
    ? { apiVersion, kind: 'AdminNetworkPolicy', metadata: { name: `policy-${index}` }, spec: { priority, ...rules } }
    : { apiVersion, kind: 'BaselineAdminNetworkPolicy', metadata: { name: 'default' }, spec: rules };
}

function ruleObject({ action, peer, ports }: NeutralRule, field: 'from' | 'to', generation: Generation): unknown {
  const old = generation === 'v1alpha1';
  return {
    action: { allow: old ? 'Allow' : 'Accept', deny: 'Deny', pass: 'Pass' }[action],
    [field]: [typeof peer === 'string' ? { namespaces: { matchLabels: { house: peer } } } : peer],
    [old ? 'ports' : 'protocols']: ports?.map((text) => (old ? oldPort(text) : newPort(text))),
  };
}

function oldPort(text: string): unknown {
  const { name, protocol, start, end } = portOf(text);
  if (name !== undefined) return { namedPort: name };
  return start === end ? { portNumber: { protocol, port: start } } : { portRange: { protocol, start, end } };
}

function newPort(text: string): unknown {
  const { name, protocol, start, end } = portOf(text);
  if (name !== undefined) return { destinationNamedPort: name };
  return {
    [protocol.toLowerCase()]: { destinationPort: start === end ? { number: start } : { range: { start, end } } },
  };
}

function portOf(text: string): { name?: string; protocol: string; start: number; end: number } {
  const [protocol = '', numbers] = text.split('/');
  if (numbers === undefined) return { name: text, protocol: '', start: 0, end: 0 };
  const [start, end] = numbers.split('-').map(Number);
  return { protocol, start: start ?? 0, end: end ?? start ?? 0 };
}

/** Address of a pod of the model. */
export function houseIp(house: House, place: 0 | 1): string {
  return `10.1.${HOUSES.indexOf(house) + 1}.${place + 1}`;
}

/** Address of a node: `host0` or `host1` in lines. */
export const nodeIp = (place: number): string => `10.9.0.${place + 1}`;

/** Lines that come out otherwise; and whatever is wrong with the objects. */
export function surprisesOfLines(
  objects: readonly unknown[],
  lines: readonly Line[],
  profile: NetworkProfile,
): readonly string[] {
  const items = [...modelObjects(), ...objects];
  const cluster = readManifests([
    { source: 'model.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) },
  ]);
  const engine = compileNetwork(cluster, { profile });
  const faults = [...cluster.problems, ...engine.problems].filter(({ severity }) => severity !== 'info');
  const wrong = lines.flatMap((line) => {
    const [source = '', , destination = '', ...rest] = line.split(' ');
    const wanted = rest.at(-1);
    const ports = rest.slice(0, -1);
    return (ports.length === 0 ? SERVED : ports).flatMap((text) => {
      const [protocol = '', port = ''] = text.split('/');
      const { outcome, reason } = engine.verdict({
        source: query(source),
        destination: query(destination),
        protocol: protocolOf(protocol),
        port: Number(port),
      });
      return outcome === wanted ? [] : [`${source} > ${destination} ${text}: ${outcome}, not ${wanted} (${reason})`];
    });
  });
  return [...faults.map(({ path, message }) => `${path}: ${message}`), ...wrong];
}

function query(end: string): EndpointQuery {
  if (end.startsWith('host')) return { ip: nodeIp(Number(end.slice(4))) };
  const [namespace = '', name] = end.split('/');
  return name === undefined ? { ip: end } : { pod: { namespace, name: `pod-${name}` } };
}

function protocolOf(text: string): Protocol {
  return text === 'UDP' || text === 'SCTP' ? text : 'TCP';
}

function modelObjects(): readonly unknown[] {
  const ports = [
    { containerPort: 80, protocol: 'TCP', name: 'web' },
    { containerPort: 8080, protocol: 'TCP' },
    { containerPort: 53, protocol: 'UDP', name: 'dns' },
    { containerPort: 5353, protocol: 'UDP' },
    { containerPort: 9003, protocol: 'SCTP' },
  ];
  const pod = (namespace: House, name: string, hostNetwork: boolean, place: 0 | 1, ip: string): unknown => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { house: namespace, place: `${place}` } },
    spec: { nodeName: `node-${place}`, hostNetwork, containers: [{ name: 'server', image: 'agnhost', ports }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
  });
  return [
    ...HOUSES.flatMap((house) => [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: house, labels: { house } } },
      pod(house, 'pod-0', false, 0, houseIp(house, 0)),
      pod(house, 'pod-1', false, 1, houseIp(house, 1)),
    ]),
    ...([0, 1] as const).flatMap((place) => [
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: `node-${place}`, labels: { 'kubernetes.io/os': 'linux', place: `${place}` } },
        status: { addresses: [{ type: 'InternalIP', address: nodeIp(place) }] },
      },
      pod('others', `pod-host${place}`, true, place, nodeIp(place)),
    ]),
  ];
}
