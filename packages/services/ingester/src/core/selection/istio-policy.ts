import { isObject, object, objects, text } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { readMatchLabels } from './requirement.ts';
import { podTerm, type PodTerm } from './selection.ts';
import type { SelectionReader } from './selection-reader.ts';

/** What Istio's kinds of policy do when they stand in the root namespace and have a selector. */
type InRootNamespace = 'selects_everywhere' | 'selects_own_namespace';

/**
 * Istio's AuthorizationPolicy, RequestAuthentication, PeerAuthentication and Telemetry: `selector.matchLabels` within the
 * policy's namespace, none for all of it; in the root namespace within all namespaces (Telemetry: only without selector).
 * targetRefs attach a policy to a waypoint or gateway; one to a Service stands for the pods that the Service selects.
 * Source: istio.io/latest/docs/reference/config/type/workload-selector and the kinds' own pages.
 */
export function istioSelection(rootNamespace: string, inRoot: InRootNamespace): SelectionReader {
  return ({ namespace, policy }) => {
    const spec = object(policy.spec);
    const targets = readTargets(spec);
    if (targets.length > 0) return targetSelection(namespace, targets);
    const { selector } = spec;
    const hasSelector = isObject(selector);
    const everywhere = namespace === rootNamespace && (!hasSelector || inRoot === 'selects_everywhere');
    const podLabels = hasSelector ? readMatchLabels(selector['matchLabels']) : [];
    return { terms: [podTerm({ namespace: everywhere ? undefined : namespace, podLabels })], unknown: '' };
  };
}

function readTargets(spec: JsonObject): JsonObject[] {
  const { targetRef } = spec;
  return [...(isObject(targetRef) ? [targetRef] : []), ...objects(spec['targetRefs'])];
}

function targetSelection(namespace: string, targets: JsonObject[]): { terms: PodTerm[]; unknown: string } {
  const services = targets.filter(isService);
  const others = [...new Set(targets.filter((target) => !isService(target)).map((target) => text(target['kind'])))];
  return {
    terms: services.map((target) => podTerm({ namespace, service: text(target['name']) })),
    unknown: others.length === 0 ? '' : `targetRefs ${others.toSorted().join(', ')}`,
  };
}

function isService(target: JsonObject): boolean {
  const group = text(target['group']);
  return target['kind'] === 'Service' && (group === '' || group === 'core');
}
