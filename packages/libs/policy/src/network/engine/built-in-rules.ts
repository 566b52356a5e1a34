import type { CiliumProfile, NetworkProfile } from '../../model/profile.ts';
import type { Selector } from '../../model/selector.ts';
import { ENDPOINT_LABELS } from '../rule.ts';
import type { Isolation, Rule, Translation } from '../rule.ts';

const pods: Selector = [{ key: ENDPOINT_LABELS.type, operator: 'In', values: ['pod'] }];
/** All that Cilium enforces policies on, but the host. */
const endpoints: Selector = [{ key: ENDPOINT_LABELS.type, operator: 'In', values: ['pod', 'reserved'] }];
const starting: Selector = [{ key: ENDPOINT_LABELS.entity('init'), operator: 'Exists', values: [] }];
const ownNode = [
  { kind: 'endpoints', selector: [{ key: ENDPOINT_LABELS.entity('host'), operator: 'Exists', values: [] }] },
] as const satisfies Rule['peers'];

/** Before every policy's own order. */
const firstOfAll = Number.NEGATIVE_INFINITY;

/** What holds under a profile besides policies. `policies` is what they were translated to. */
export function builtInRules(
  profile: NetworkProfile,
  policies: Pick<Translation, 'rules' | 'isolations'>,
): Pick<Translation, 'rules' | 'isolations'> {
  return profile.kind === 'cilium' ? ofCilium(profile, policies) : { rules: ofGeneric(), isolations: [] };
}

/** NetworkPolicy API: traffic to and from the node where a pod runs is always allowed, whatever the policies say. */
function ofGeneric(): Rule[] {
  const policy = { kind: 'Profile', namespace: '', name: 'own-node-traffic' };
  return (['ingress', 'egress'] as const).map((direction) => ({
    policy,
    path: direction,
    direction,
    tier: 'admin',
    order: firstOfAll,
    action: 'allow',
    subjects: pods,
    peers: ownNode,
    ports: 'all',
  }));
}

function ofCilium(
  { allowLocalhost, enablePolicy }: CiliumProfile,
  policies: Pick<Translation, 'rules' | 'isolations'>,
): Pick<Translation, 'rules' | 'isolations'> {
  if (enablePolicy === 'never') return { rules: [], isolations: [] };
  // Enforced on everything, or on endpoints that have no labels yet. Source: cilium pkg/policy
  // computePolicyEnforcementAndRules.
  const policy = { kind: 'Profile', namespace: '', name: `enable-policy-${enablePolicy}` };
  const subjects: Selector = enablePolicy === 'always' ? [] : starting;
  return {
    rules:
      allowLocalhost === 'policy'
        ? []
        : (enablePolicy === 'always' ? ingressSubjects(policies) : [endpoints]).map(fromLocalhost),
    isolations: (['ingress', 'egress'] as const).map((direction): Isolation => ({
      policy,
      path: direction,
      direction,
      subjects,
    })),
  };
}

/**
 * In a Kubernetes cluster the agent takes `auto` as `always` (kubelet's probes). An allow of the host entity at layer 3: a deny
 * of the host still wins, layer 7 rules do not apply. Source: cilium pkg/policy determineAllowLocalhostIngress.
 */
function fromLocalhost(subjects: Selector): Rule {
  return {
    policy: { kind: 'Profile', namespace: '', name: 'allow-localhost' },
    path: 'ingress',
    direction: 'ingress',
    tier: 'normal',
    order: 0,
    action: 'allow',
    subjects,
    peers: ownNode,
    ports: 'all',
  };
}

/** Localhost is let in only where a policy has an ingress rule: where default deny comes from `always` alone, it is not. */
function ingressSubjects({ rules, isolations }: Pick<Translation, 'rules' | 'isolations'>): readonly Selector[] {
  const subjects = [...rules, ...isolations]
    .filter(({ direction }) => direction === 'ingress')
    .map((each): [string, Selector] => [JSON.stringify(each.subjects), [...each.subjects, ...endpoints]]);
  return [...new Map(subjects).values()];
}
