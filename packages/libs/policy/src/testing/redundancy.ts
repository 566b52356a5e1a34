import type { Cluster } from '../model/cluster.ts';
import type { Profile } from '../model/profile.ts';
import { effectiveness } from '../effectiveness/measure-effectiveness.ts';
import { matrixDifference } from '../matrix/matrix-difference.ts';
import { compilePair } from '../network/engine/compile-network.ts';
import { readManifests } from '../parse/read-manifests.ts';
import { worldObjects } from './arbitrary-world.ts';
import type { RawNetworkPolicy } from './reference/network-policy.ts';
import type { RawWorld } from './reference/world.ts';

/**
 * What effectiveness says of the redundancy of every rule and policy, and what comes out when each is really taken away.
 * Policies get both types, so that a rule can go without the default deny of its direction.
 */
export function redundancyOf(
  raw: RawWorld,
  given: readonly RawNetworkPolicy[],
  profile: Profile,
): { readonly claimed: readonly string[]; readonly real: readonly string[] } {
  const policies = given.map((each): RawNetworkPolicy => ({
    ...each,
    spec: { ...each.spec, policyTypes: ['Ingress', 'Egress'] },
  }));
  const read = (of: readonly RawNetworkPolicy[]): Cluster => {
    const items = [...worldObjects(raw), ...of];
    return readManifests([{ source: 'w', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }]);
  };
  const before = read(policies);
  const effects = new Map(
    effectiveness({ cluster: before, profile }).policies.map((effect) => [effect.policy.name, effect]),
  );
  const claimed: string[] = [];
  const real: string[] = [];
  const compare = (name: string, claim: boolean | undefined, after: Cluster): void => {
    claimed.push(`${name} ${claim}`);
    real.push(`${name} ${isSame(before, after, profile)}`);
  };
  for (const [place, policy] of policies.entries()) {
    const { name } = policy.metadata;
    const effect = effects.get(name);
    for (const direction of ['ingress', 'egress'] as const) {
      for (const index of (policy.spec[direction] ?? []).keys()) {
        const path = `spec.${direction}[${index}]`;
        const rest = policy.spec[direction]?.filter((_, at) => at !== index);
        const changed = { ...policy, spec: { ...policy.spec, [direction]: rest } };
        const claim = effect?.rules.find((rule) => rule.path === path)?.redundant;
        compare(`${name} ${path}`, claim, read(policies.with(place, changed)));
      }
    }
    compare(name, effect?.redundant, read(policies.toSpliced(place, 1)));
  }
  return { claimed, real };
}

function isSame(before: Cluster, after: Cluster, profile: Profile): boolean {
  const { added, removed, unclear } = matrixDifference(compilePair(before, after, { profile: profile.network }));
  return added.length + removed.length + unclear.length === 0;
}
