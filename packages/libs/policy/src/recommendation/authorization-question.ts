import type { AuthorizationRequest } from '../authorization/request.ts';
import { exampleRequest } from './sighting.ts';
import type { Sighting } from './sighting.ts';

/** What was seen as a question to the authorization engine; undefined when its destination is no pod. */
export function authorizationQuestion(sighting: Sighting): AuthorizationRequest | undefined {
  const { source, destination, port, request, principal } = sighting;
  if (destination.kind !== 'pods') return undefined;
  const { workload, query } = destination;
  const { http } = request === undefined ? {} : exampleRequest(request);
  return {
    source: { ...sourceOf(source), ...(principal === undefined ? {} : { principal }) },
    destination: {
      namespace: workload.ref.namespace,
      ...(query.pod === undefined ? { workload: workload.ref } : { pod: query.pod.name }),
      port,
    },
    protocol: 'TCP',
    ...(http === undefined ? {} : { http }),
  };
}

function sourceOf(source: Sighting['source']): AuthorizationRequest['source'] {
  const ip = source.query.ip === undefined || source.query.ip.includes('/') ? {} : { ip: source.query.ip };
  if (source.kind !== 'pods') return ip;
  const { workload, query } = source;
  const [account, ...others] = new Set(workload.pods.map(({ serviceAccount }) => serviceAccount));
  return {
    ...ip,
    namespace: workload.ref.namespace,
    ...(query.pod === undefined ? {} : { pod: query.pod.name }),
    ...(account === undefined || others.length > 0 ? {} : { serviceAccount: account }),
    ...(query.labels === undefined ? {} : { labels: query.labels }),
  };
}
