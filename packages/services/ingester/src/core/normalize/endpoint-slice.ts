import type { ContainerPort, SliceEndpoint } from '@kestrel/proto/events';
import { object, objects, text, texts, uint32 } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Spec } from './spec-normalizer.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** Endpoints and ports are sets: their order at the API server changes without meaning, so they are sorted. */
export function endpointSliceSpec(source: JsonObject): Spec {
  const labels = object(object(source['metadata'])['labels']);
  return {
    $case: 'endpointSlice',
    value: {
      service: text(labels[SERVICE_LABEL]),
      addressType: text(source['addressType']),
      endpoints: objects(source['endpoints']).map(readEndpoint).toSorted(byAddress),
      ports: objects(source['ports']).map(readPort).toSorted(byPort),
    },
  };
}

function readEndpoint(endpoint: JsonObject): SliceEndpoint {
  const target = object(endpoint['targetRef']);
  const isPod = target['kind'] === 'Pod';
  return {
    addresses: texts(endpoint['addresses']),
    ready: object(endpoint['conditions'])['ready'] !== false, // absent counts as ready (discovery/v1)
    podUid: isPod ? text(target['uid']) : '',
    pod: isPod ? text(target['name']) : '',
    node: text(endpoint['nodeName']),
  };
}

function readPort(port: JsonObject): ContainerPort {
  return {
    name: text(port['name']),
    port: uint32(port['port']),
    protocol: text(port['protocol']) || 'TCP',
    hostPort: 0,
  };
}

function byAddress(a: SliceEndpoint, b: SliceEndpoint): number {
  return compare(a.addresses.join(','), b.addresses.join(',')) || compare(a.podUid, b.podUid);
}

function byPort(a: ContainerPort, b: ContainerPort): number {
  return a.port - b.port || compare(a.protocol, b.protocol) || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
