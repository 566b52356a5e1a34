import type { ServicePort } from '@kestrel/proto/events';
import { numberOrName, object, objects, text, textMap, texts, uint32 } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Spec } from './spec-normalizer.ts';

export function serviceSpec(source: JsonObject): Spec {
  const spec = object(source['spec']);
  const ingress = objects(object(object(source['status'])['loadBalancer'])['ingress']);
  const balancers = ingress.map((entry) => text(entry['ip']) || text(entry['hostname'])).filter((at) => at !== '');
  const clusterIps = texts(spec['clusterIPs']);
  const single = text(spec['clusterIP']);
  return {
    $case: 'service',
    value: {
      type: text(spec['type']) || 'ClusterIP',
      clusterIps: clusterIps.length > 0 || single === '' ? clusterIps : [single],
      externalIps: [...new Set([...texts(spec['externalIPs']), ...balancers])].toSorted(),
      selector: textMap(spec['selector']),
      ports: objects(spec['ports']).map(readPort),
      externalName: text(spec['externalName']),
    },
  };
}

function readPort(port: JsonObject): ServicePort {
  return {
    name: text(port['name']),
    protocol: text(port['protocol']) || 'TCP',
    port: uint32(port['port']),
    targetPort: numberOrName(port['targetPort']),
    nodePort: uint32(port['nodePort']),
    appProtocol: text(port['appProtocol']),
  };
}
