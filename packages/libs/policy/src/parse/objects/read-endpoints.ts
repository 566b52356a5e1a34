import { z } from 'zod';
import type { EndpointSlice } from '../../model/cluster.ts';
import { list, portNumber, protocol, text } from './fields.ts';
import type { RawObject } from './raw-object.ts';
import { canonicalAddresses } from './read-pod.ts';

/** EndpointSlice. A port without a number means all ports, and is left out: no policy asks for it. */
export const endpointSliceObject = z.object({
  addressType: text,
  endpoints: list(z.object({ addresses: list(z.string()) })),
  ports: list(z.object({ name: text, port: portNumber.nullish(), protocol })),
});

/** Endpoints, the older form. */
export const endpointsObject = z.object({
  subsets: list(
    z.object({
      addresses: list(z.object({ ip: z.string() })),
      notReadyAddresses: list(z.object({ ip: z.string() })),
      ports: list(z.object({ name: text, port: portNumber, protocol })),
    }),
  ),
});

/** The label by which a slice names its service. */
export const serviceNameLabel = 'kubernetes.io/service-name';

/** A slice; one of host names (address type FQDN) has no addresses. */
export function readEndpointSlice(
  { addressType, endpoints, ports }: z.output<typeof endpointSliceObject>,
  { ref, metadata }: RawObject,
  report: (path: string, message: string) => void,
): EndpointSlice {
  const given = addressType === 'FQDN' ? [] : endpoints.flatMap((endpoint) => endpoint.addresses);
  return {
    namespace: ref.namespace,
    name: ref.name,
    service: metadata.labels.get(serviceNameLabel) ?? '',
    addresses: canonicalAddresses(given, (ip) => report('endpoints', `"${ip}" is no address`)),
    ports: ports.flatMap(({ name, port, protocol: transport }) =>
      typeof port === 'number' ? [{ name, port, protocol: transport }] : [],
    ),
  };
}

/** One slice for each subset. An Endpoints object has the name of its service. */
export function readEndpoints(
  { subsets }: z.output<typeof endpointsObject>,
  { ref }: RawObject,
  report: (path: string, message: string) => void,
): EndpointSlice[] {
  return subsets.map((subset, index) => ({
    namespace: ref.namespace,
    name: `${ref.name}/subsets[${index}]`,
    service: ref.name,
    addresses: canonicalAddresses(
      [...subset.addresses, ...subset.notReadyAddresses].map(({ ip }) => ip),
      (ip) => report(`subsets[${index}].addresses`, `"${ip}" is no address`),
    ),
    ports: subset.ports,
  }));
}
