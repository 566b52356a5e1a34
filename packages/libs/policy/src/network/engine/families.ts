import type { Cluster } from '../../model/cluster.ts';
import type { Policy, PolicyKind } from '../../model/policy.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import { translateAdminPolicies } from '../admin/translate.ts';
import { translateCiliumPolicies } from '../cilium/translate.ts';
import { translateNetworkPolicies } from '../kubernetes/translate.ts';
import type { Translation } from '../rule.ts';

/** What a family needs to know to translate its policies. */
export interface TranslationContext {
  readonly cluster: Cluster;
  readonly profile: Exclude<NetworkProfile, { readonly kind: 'unknown' }>;
}

type Translate = (policies: readonly Policy[], context: TranslationContext) => Translation;

/**
 * Who translates which kinds. `apart`: what comes out for a policy depends on no other one of the family.
 */
const FAMILIES: readonly {
  readonly kinds: readonly PolicyKind[];
  readonly translate: Translate;
  readonly apart: boolean;
}[] = [
  { kinds: ['NetworkPolicy'], translate: translateNetworkPolicies, apart: true },
  {
    kinds: ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy'],
    translate: translateAdminPolicies,
    apart: false,
  },
  { kinds: ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy'], translate: translateCiliumPolicies, apart: true },
];

/** Whether two clusters differ in nothing but policies, as far as translating them goes. */
export function sameSurroundings(a: Cluster, b: Cluster): boolean {
  const [of, other] = [surroundings(a), surroundings(b)];
  return of.length === other.length && of.every((part, index) => part === other[index]);
}

function surroundings({ namespaces, nodes, pods, services, endpointSlices, cidrGroups }: Cluster): readonly object[] {
  return [...namespaces.values(), ...nodes, ...pods, ...services, ...endpointSlices, ...cidrGroups];
}

/** Translates policies and keeps what came out, for as long as the rest of the cluster stays the same. */
export class Translator {
  readonly #context: TranslationContext;
  readonly #known = new WeakMap<Policy, Translation>();

  constructor(context: TranslationContext) {
    this.#context = context;
  }

  translate(policies: readonly Policy[]): Translation {
    const parts = FAMILIES.flatMap(({ kinds, translate, apart }) => {
      const own = policies.filter(({ ref }) => kinds.includes(ref.kind));
      return apart ? own.map((policy) => this.#one(policy, translate)) : [translate(own, this.#context)];
    });
    return {
      rules: parts.flatMap((part) => part.rules),
      isolations: parts.flatMap((part) => part.isolations),
      problems: parts.flatMap((part) => part.problems),
    };
  }

  #one(policy: Policy, translate: Translate): Translation {
    let known = this.#known.get(policy);
    if (known === undefined) {
      known = translate([policy], this.#context);
      this.#known.set(policy, known);
    }
    return known;
  }
}
