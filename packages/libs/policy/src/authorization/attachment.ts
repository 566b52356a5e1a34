import type { Labels } from '../model/selector.ts';
import type { TargetRef } from './schema.ts';
import { NO, UNKNOWN, YES, tri } from './tri.ts';
import type { Tri } from './tri.ts';

/** What a policy attaches to. */
export interface Attachment {
  readonly namespace: string;
  /** All labels wanted; undefined: no selector. */
  readonly labels: readonly (readonly [string, string])[] | undefined;
  readonly targets: readonly TargetRef[];
}

/** The service or ServiceEntry by which a request reaches a waypoint. */
export interface AddressedService {
  readonly kind: 'Service' | 'ServiceEntry';
  readonly namespace: string;
  readonly name: string;
}

/** A destination as policies see it. */
export interface Target {
  readonly namespace: string;
  /** Undefined: not known. */
  readonly labels: Labels | undefined;
  /** Waypoints only: the gateway, as far as known, and the service that was asked for. */
  readonly waypoint?: { readonly namespace: string; readonly name: string | undefined };
  readonly service?: AddressedService;
}

const gatewayNameLabel = 'gateway.networking.k8s.io/gateway-name';
const waypointClass = 'istio-waypoint';

/** Reads how a policy attaches; the deprecated `targetRef` counts where `targetRefs` is empty. */
export function readAttachment(
  namespace: string,
  spec: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> | undefined } | undefined;
    readonly targetRef?: TargetRef | undefined;
    readonly targetRefs?: readonly TargetRef[] | undefined;
  },
): Attachment {
  const { selector, targetRef, targetRefs = [] } = spec;
  return {
    namespace,
    labels: selector && Object.entries(selector.matchLabels ?? {}),
    targets: targetRefs.length === 0 && targetRef !== undefined ? [targetRef] : targetRefs,
  };
}

/**
 * Whether a policy attaches to a workload with its own proxy. With targetRefs only to gateways that they name. Source:
 * istio pilot/pkg/model/policyattachment.go ShouldAttachPolicy.
 */
export function attachesToProxy(policy: Attachment, target: Target, rootNamespace: string): Tri {
  if (policy.namespace !== rootNamespace && policy.namespace !== target.namespace) return NO;
  if (policy.targets.length === 0) return selectedBy(policy, target);
  if (target.labels === undefined) return policy.namespace === target.namespace ? UNKNOWN : NO;
  const gateway = target.labels.get(gatewayNameLabel);
  if (gateway === undefined || policy.namespace !== target.namespace) return NO;
  return tri(policy.targets.some(({ kind, name }) => kind === 'Gateway' && name === gateway));
}

/** Whether istiod gives a policy to ztunnel for a workload: those with targetRefs never. Source: convertAuthorizationPolicy. */
export function attachesToZtunnel(policy: Attachment, target: Target, rootNamespace: string): Tri {
  if (policy.namespace !== rootNamespace && policy.namespace !== target.namespace) return NO;
  return policy.targets.length > 0 ? NO : selectedBy(policy, target);
}

/** Whether a policy attaches to the waypoint of a destination: only by targetRefs. Source: ShouldAttachPolicy. */
export function attachesToWaypoint(policy: Attachment, target: Target, rootNamespace: string): Tri {
  let answer: Tri = NO;
  for (const { kind, name } of policy.targets) {
    if (kind === 'GatewayClass') {
      if (policy.namespace === rootNamespace && name === waypointClass) return YES;
    } else if (kind === 'Gateway') {
      const { waypoint } = target;
      if (waypoint === undefined || waypoint.namespace !== policy.namespace) continue;
      if (waypoint.name === name) return YES;
      if (waypoint.name === undefined) answer = UNKNOWN;
    } else if (isService(target.service, kind, policy.namespace, name)) return YES;
  }
  return answer;
}

/** Whether a selector, or its absence, selects a target; the namespace is not looked at. */
export function selectedBy({ labels: wanted }: Pick<Attachment, 'labels'>, { labels }: Target): Tri {
  if (wanted === undefined || wanted.length === 0) return YES;
  return labels === undefined ? UNKNOWN : tri(wanted.every(([key, value]) => labels.get(key) === value));
}

function isService(service: AddressedService | undefined, kind: string, namespace: string, name: string): boolean {
  return service !== undefined && service.kind === kind && service.namespace === namespace && service.name === name;
}
