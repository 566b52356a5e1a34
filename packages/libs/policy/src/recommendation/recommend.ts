import { recommendAuthorization } from './authorization-recommendation.ts';
import { ciliumPolicies } from './cilium-expression.ts';
import { networkPolicies } from './network-policy-expression.ts';
import { recommendNetwork } from './recommend-network.ts';
import type { RecommendInput } from './recommend-input.ts';
import type { Recommendation } from './recommendation.ts';

/**
 * Recommends the smallest readable policies that let through what was seen. Never throws on what the input says. Guarantees,
 * checked on the result by the engine, for every workload and direction that a manifest selects: what was allowed at last
 * stays allowed; no more is allowed than what was seen, widened as `generalisations` list, and what policies that stay
 * allow; what was denied at last stays denied. What would break one is withheld, and the subject's `reasons` say why.
 */
export function recommend(input: RecommendInput): Recommendation {
  switch (input.kind) {
    case 'networkpolicy':
      return recommendNetwork(networkPolicies, input);
    case 'cilium':
      return recommendNetwork(ciliumPolicies, input);
    case 'authorization':
      return recommendAuthorization(input);
  }
}
