import { flag, object, objects, text, texts } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { isReady } from './conditions.ts';
import type { Spec } from './spec-normalizer.ts';

export function nodeSpec(source: JsonObject): Spec {
  const spec = object(source['spec']);
  const status = object(source['status']);
  return {
    $case: 'node',
    value: {
      addresses: objects(status['addresses']).map((entry) => ({
        type: text(entry['type']),
        address: text(entry['address']),
      })),
      podCidrs: texts(spec['podCIDRs']),
      ready: isReady(status),
      unschedulable: flag(spec['unschedulable']),
      kubeletVersion: text(object(status['nodeInfo'])['kubeletVersion']),
      providerId: text(spec['providerID']),
    },
  };
}
