import type { Namespace, Pod, Service } from '../model/cluster.ts';
import type { Labels } from '../model/selector.ts';

/** A data plane that is known. */
export type DataPlane = 'sidecar' | 'waypoint' | 'ztunnel' | 'none';

/** All that a pod without any sign may have: whoever can't tell must look at each. */
export const POSSIBLE_DATA_PLANES: readonly DataPlane[] = ['sidecar', 'ztunnel', 'none'];

/**
 * The pod's own data plane: what the pod itself tells, else what its namespace asks for (istio-injection, istio.io/rev,
 * istio.io/dataplane-mode). Undefined: nothing tells.
 */
export function podDataPlane(pod: Pod | undefined, namespace: Namespace | undefined): DataPlane | undefined {
  if (pod?.meshDataPlane !== undefined) return pod.meshDataPlane;
  if (pod?.hostNetwork === true) return 'none';
  const own = pod?.labels.get('istio.io/dataplane-mode');
  if (own !== undefined) return own === 'ambient' ? 'ztunnel' : 'none';
  const labels = namespace?.labels;
  if (labels?.get('istio-injection') === 'enabled') return 'sidecar';
  if (labels?.has('istio.io/rev') === true && labels.get('istio-injection') !== 'disabled') return 'sidecar';
  return labels?.get('istio.io/dataplane-mode') === 'ambient' ? 'ztunnel' : undefined;
}

/** The waypoint that objects ask for, the most specific first; `none` and no label give none. */
export function waypointOf(
  namespace: string,
  labelled: readonly (Labels | undefined)[],
): { readonly namespace: string; readonly name: string } | undefined {
  for (const labels of labelled) {
    const name = labels?.get('istio.io/use-waypoint');
    if (name === undefined) continue;
    if (name === 'none' || name === '') return undefined;
    return { namespace: labels?.get('istio.io/use-waypoint-namespace') ?? namespace, name };
  }
  return undefined;
}

/** Whether a sidecar sees connections to a port, by the pod's annotations. */
export function sidecarCaptures({ annotations }: Pod, port: number): boolean {
  const included = annotations.get('traffic.sidecar.istio.io/includeInboundPorts');
  if (included !== undefined && included !== '*') return portList(included).includes(port);
  return !portList(annotations.get('traffic.sidecar.istio.io/excludeInboundPorts') ?? '').includes(port);
}

function portList(text: string): number[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
}

const httpProtocols = new Set(['http', 'http2', 'grpc', 'grpc-web', 'kubernetes.io/h2c', 'kubernetes.io/ws']);
const tcpProtocols = new Set(['tcp', 'https', 'tls', 'mongo', 'mysql', 'redis', 'kubernetes.io/wss']);
/** SMTP, DNS, MySQL, MongoDB: taken as TCP when nothing is declared, since their servers speak first. */
const serverFirstPorts = new Set([25, 53, 3306, 27_017]);

/**
 * What services declare about a port of their pods: HTTP, TCP, or nothing (then proxies look at the bytes). By appProtocol,
 * else the port name up to the first dash. Source: istio pkg/config/kube/conversion.go ConvertProtocol.
 */
export function declaredProtocol(
  services: readonly Service[],
  pods: readonly Pod[],
  port: number,
): 'http' | 'tcp' | undefined {
  const found = new Set<'http' | 'tcp' | undefined>();
  for (const service of services) {
    for (const { name, appProtocol, target, protocol, port: servicePort } of service.ports) {
      if (protocol !== 'TCP' || !reaches(target, pods, port)) continue;
      const declared = (
        appProtocol ?? (/^grpc-web(-|$)/.test(name) ? 'grpc-web' : (name.split('-')[0] ?? ''))
      ).toLowerCase();
      if (httpProtocols.has(declared)) found.add('http');
      else if (tcpProtocols.has(declared) || serverFirstPorts.has(servicePort)) found.add('tcp');
      else found.add(undefined);
    }
  }
  const [only, ...others] = found;
  return others.length === 0 ? only : undefined;
}

/** Whether a service port leads to a port of the pods. */
export function reaches(target: number | string, pods: readonly Pod[], port: number): boolean {
  if (typeof target === 'number') return target === port;
  return pods.some((pod) => pod.namedPorts.some((named) => named.name === target && named.port === port));
}
