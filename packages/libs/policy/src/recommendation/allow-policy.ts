import type { Policy } from '../model/policy.ts';

/** Whether a policy lets nothing through but what it names: an AuthorizationPolicy that allows, and is not just tried out. */
export function isAllow({ ref, specs, annotations }: Policy): boolean {
  const action = specs[0]?.body['action'];
  const allows = ref.kind === 'AuthorizationPolicy' && (action === undefined || action === 'ALLOW');
  return allows && annotations.get('istio.io/dry-run') !== 'true';
}
