import { flag, isObject, object, objects, text } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { isReady } from './conditions.ts';
import { readContainers } from './containers.ts';
import { NotNormalized } from './not-normalized.ts';
import type { Spec } from './spec-normalizer.ts';

/** A Pod without its workload, which is joined from the owner chain. */
export function podSpec(source: JsonObject): Spec {
  const { spec } = source;
  if (!isObject(spec)) throw new NotNormalized('a Pod without spec');
  const status = object(source['status']);
  return {
    $case: 'pod',
    value: {
      node: text(spec['nodeName']),
      ips: addresses(status['podIPs'], status['podIP']),
      hostIps: addresses(status['hostIPs'], status['hostIP']),
      hostNetwork: flag(spec['hostNetwork']),
      serviceAccount: text(spec['serviceAccountName']),
      phase: text(status['phase']),
      ready: isReady(status),
      containers: readContainers(spec),
      workload: undefined,
    },
  };
}

/** The list form, or the single address of servers that do not state the list (hostIPs came in Kubernetes 1.28). */
function addresses(list: unknown, single: unknown): string[] {
  const listed = objects(list)
    .map((entry) => text(entry['ip']))
    .filter((ip) => ip !== '');
  if (listed.length > 0) return listed;
  const ip = text(single);
  return ip === '' ? [] : [ip];
}
