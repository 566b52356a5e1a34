import type { Cluster } from '../../model/cluster.ts';
import type { PolicySpecBody } from '../../model/policy.ts';

/** What was found of a cluster; its policies never change. */
const known = new WeakMap<Cluster, boolean>();

/**
 * Whether any Cilium policy of a cluster has DNS rules. The agent learns which addresses a name has only from answers that
 * pass its DNS proxy, and only DNS rules send them there: without any, toFQDNs matches nothing.
 * Source: Cilium documentation, "Obtaining DNS Data for use by toFQDNs".
 */
export function seesDnsAnswers(cluster: Cluster): boolean {
  let sees = known.get(cluster);
  if (sees === undefined) {
    sees = cluster.policies.some(({ ref, specs }) => ref.kind.startsWith('Cilium') && specs.some(hasDnsRule));
    known.set(cluster, sees);
  }
  return sees;
}

function hasDnsRule({ body }: PolicySpecBody): boolean {
  return listOf(body['egress']).some((item) =>
    listOf(fieldOf(item, 'toPorts')).some((rule) => listOf(fieldOf(fieldOf(rule, 'rules'), 'dns')).length > 0),
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
