import { refText } from '../model/object-ref.ts';
import type { EndpointQuery } from '../network/peer.ts';

/** An endpoint for a person: `shop/cart[Deployment]`, `203.0.113.7 (api.example)`, `remote-node 10.0.0.3`. */
export function endpointText({ pod, workload, namespace, labels, ip, dnsNames, entity }: EndpointQuery): string {
  if (workload !== undefined) return refText(workload);
  if (pod !== undefined) return `${pod.namespace}/${pod.name}[Pod]`;
  const names = dnsNames === undefined || dnsNames.length === 0 ? '' : ` (${dnsNames.join(', ')})`;
  const what = entity === undefined || entity === 'world' ? '' : entity;
  if (ip !== undefined) return `${what === '' ? '' : `${what} `}${ip}${names}`;
  if (labels !== undefined)
    return `${namespace ?? '?'} pods ${[...labels].map(([key, value]) => `${key}=${value}`).join(',')}`;
  return entity ?? (namespace === undefined ? 'unknown' : `pods of ${namespace}`);
}
