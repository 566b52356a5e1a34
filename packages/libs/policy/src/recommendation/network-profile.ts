import type { Problem } from '../model/problem.ts';
import { CILIUM_DEFAULTS } from '../model/profile.ts';
import type { Profile } from '../model/profile.ts';
import type { RecommendationKind } from './recommendation.ts';

/**
 * The profile under which recommendations are made and checked. CiliumNetworkPolicy objects are judged as Cilium does, and
 * as if policies were enforced: who asks for policies while nothing is enforced wants to know what they will do then.
 */
export function recommendationProfile(
  profile: Profile,
  kind: RecommendationKind,
): { readonly profile: Profile; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const assume = (message: string): void =>
    void problems.push({ severity: 'warning', code: 'assumed', path: '', message });
  let { network } = profile;
  if (kind === 'cilium' && network.kind !== 'cilium') {
    assume(
      network.kind === 'generic'
        ? 'the profile is not Cilium: where Cilium does not run, these policies have no effect; they were checked as Cilium installs itself'
        : 'who enforces policies is not known: they were checked as Cilium installs itself',
    );
    network = CILIUM_DEFAULTS;
  }
  if (network.kind === 'cilium' && network.auditMode) {
    assume('Cilium is in audit mode and denies nothing: the policies were checked as if it enforced them');
    network = { ...network, auditMode: false };
  }
  if (network.kind === 'cilium' && network.enablePolicy === 'never') {
    assume('enable-policy is never and nothing is enforced: the policies were checked as if it were default');
    network = { ...network, enablePolicy: 'default' };
  }
  return { profile: { ...profile, network }, problems };
}
