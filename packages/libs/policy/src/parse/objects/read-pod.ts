import { z } from 'zod';
import { canonicalAddress } from '../../address/address.ts';
import type { NamedPort } from '../../model/cluster.ts';
import type { Labels } from '../../model/selector.ts';
import type { PodFacts } from '../facts/facts.ts';
import { flag, list, portNumber, protocol, stringMap, text } from './fields.ts';
import type { Metadata } from './raw-object.ts';

const container = z.object({
  name: text,
  restartPolicy: text,
  ports: list(z.object({ name: text, containerPort: portNumber, protocol })),
});

/** What of a pod's spec decides over policies. */
export const podSpec = z.object({
  nodeName: text,
  hostNetwork: flag,
  serviceAccountName: text,
  /** The deprecated alias of serviceAccountName. */
  serviceAccount: text,
  containers: list(container),
  initContainers: list(container),
});

/** A pod's template in a workload. */
export const podTemplate = z.object({
  metadata: z
    .object({ labels: stringMap, annotations: stringMap })
    .nullish()
    .transform((value) => value ?? { labels: new Map<string, string>(), annotations: new Map<string, string>() }),
  spec: podSpec,
});

/** What holds of a pod without spec, which the API server would refuse. */
const noSpec = podSpec.parse({});

/** A Pod. */
export const podObject = z.object({
  spec: podSpec.nullish().transform((value) => value ?? noSpec),
  status: z
    .object({ phase: text, podIP: text, podIPs: list(z.object({ ip: text })) })
    .nullish()
    .transform((value) => value ?? { phase: '', podIP: '', podIPs: [] }),
});

type Container = z.output<typeof container>;

/** Facts of a pod; undefined for one that has ended: it has no address any more. `report` hears of addresses that are none. */
export function readPod(
  { spec, status }: z.output<typeof podObject>,
  at: { readonly namespace: string; readonly name: string; readonly metadata: Metadata },
  report: (path: string, message: string) => void,
): PodFacts | undefined {
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return undefined;
  const given = status.podIPs.map(({ ip }) => ip).filter((ip) => ip !== '');
  const ips = canonicalAddresses(given.length > 0 ? given : [status.podIP].filter((ip) => ip !== ''), (ip) =>
    report('status.podIPs', `"${ip}" is no address`),
  );
  return {
    ...fromSpec(spec, at.metadata),
    namespace: at.namespace,
    name: at.name,
    ips,
    running: status.phase === 'Running' || ips.length > 0,
  };
}

/** Facts of the pods that a template makes. */
export function readTemplate(
  { spec, metadata }: z.output<typeof podTemplate>,
  at: { readonly namespace: string; readonly name: string },
): PodFacts {
  return { ...fromSpec(spec, metadata), namespace: at.namespace, name: at.name, ips: [], running: false };
}

/** Addresses in canonical form, each once; what is none goes to `report`. */
export function canonicalAddresses(texts: readonly string[], report: (text: string) => void): string[] {
  const found = new Set<string>();
  for (const each of texts) {
    const address = canonicalAddress(each);
    if (address === undefined) report(each);
    else found.add(address);
  }
  return [...found];
}

/** Whether a pod's annotations say that a proxy was injected. */
export function saysInjected(annotations: Labels): boolean {
  return annotations.has('sidecar.istio.io/status');
}

/** The name that Istio gives to its proxy, as container or as restartable init container. */
export const proxyContainerName = 'istio-proxy';

function fromSpec(
  spec: z.output<typeof podSpec>,
  { labels, annotations }: Pick<Metadata, 'labels' | 'annotations'>,
): Omit<PodFacts, 'namespace' | 'name' | 'ips' | 'running'> {
  // Restartable init containers run as long as the pod does, and their ports count (KEP-753).
  const containers = [...spec.containers, ...spec.initContainers.filter((each) => each.restartPolicy === 'Always')];
  return {
    labels,
    annotations,
    node: spec.nodeName,
    hostNetwork: spec.hostNetwork,
    serviceAccount: spec.serviceAccountName || spec.serviceAccount || 'default',
    namedPorts: containers.flatMap(namedPorts),
    proxied: saysInjected(annotations) || containers.some((each) => each.name === proxyContainerName),
  };
}

function namedPorts({ ports }: Container): NamedPort[] {
  return ports.flatMap((port) =>
    port.name === '' ? [] : [{ name: port.name, port: port.containerPort, protocol: port.protocol }],
  );
}
