import { z } from 'zod';
import type { Service } from '../../model/cluster.ts';
import { list, portNumber, protocol, stringMap, text } from './fields.ts';
import type { RawObject } from './raw-object.ts';
import { canonicalAddresses } from './read-pod.ts';

const servicePort = z.object({
  name: text,
  protocol,
  port: portNumber,
  targetPort: z.union([portNumber, z.string(), z.literal(0)]).nullish(),
  nodePort: z.int().min(0).max(65535).nullish(),
  appProtocol: text,
});

/** A Service. */
export const serviceObject = z.object({
  spec: z.object({
    type: text,
    clusterIP: text,
    clusterIPs: list(z.string()),
    externalIPs: list(z.string()),
    loadBalancerIP: text,
    externalTrafficPolicy: text,
    selector: stringMap,
    ports: list(servicePort),
  }),
  status: z
    .object({
      loadBalancer: z
        .object({ ingress: list(z.object({ ip: text })) })
        .nullish()
        .transform((value) => value ?? { ingress: [] }),
    })
    .nullish()
    .transform((value) => value ?? { loadBalancer: { ingress: [] } }),
});

/** A service. `report` hears of addresses that are none. */
export function readService(
  { spec, status }: z.output<typeof serviceObject>,
  raw: RawObject,
  report: (path: string, message: string) => void,
): Service {
  const clusterIps = spec.clusterIPs.length > 0 ? spec.clusterIPs : [spec.clusterIP];
  const external = [...spec.externalIPs, spec.loadBalancerIP, ...status.loadBalancer.ingress.map(({ ip }) => ip)];
  const noAddress = (path: string) => (ip: string) => report(path, `"${ip}" is no address`);
  return {
    namespace: raw.ref.namespace,
    name: raw.ref.name,
    labels: raw.metadata.labels,
    annotations: raw.metadata.annotations,
    type: spec.type || 'ClusterIP',
    clusterIps: canonicalAddresses(
      clusterIps.filter((ip) => ip !== '' && ip !== 'None'),
      noAddress('spec.clusterIPs'),
    ),
    externalIps: canonicalAddresses(
      external.filter((ip) => ip !== ''),
      noAddress('spec.externalIPs'),
    ),
    ...(spec.externalTrafficPolicy === 'Local' && { externalTrafficPolicy: 'Local' as const }),
    selector: spec.selector.size === 0 ? undefined : spec.selector,
    ports: spec.ports.map((port) => ({
      name: port.name,
      protocol: port.protocol,
      port: port.port,
      // 0 and the empty text are Go's zero values: not given.
      target: port.targetPort || port.port,
      ...(port.nodePort ? { nodePort: port.nodePort } : {}),
      ...(port.appProtocol === '' ? {} : { appProtocol: port.appProtocol }),
    })),
  };
}
