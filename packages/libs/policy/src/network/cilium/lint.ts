import type { Selector } from '../../model/selector.ts';
import { ineffective } from './context.ts';
import type { PolicyContext } from './context.ts';
import { POD_NAMESPACE } from './identity-labels.ts';
import { isNever } from './selector.ts';
import type { CiliumSpec } from './schema.ts';

// What is valid in a policy but does not do what it seems to.

const lists = ['ingress', 'ingressDeny', 'egress', 'egressDeny'] as const;

/** Findings about a body as a whole. */
export function lintSpec(spec: CiliumSpec, path: string, subjects: Selector, context: PolicyContext): void {
  for (const field of lists) {
    if (spec[field]?.length !== 0) continue;
    ineffective(context, `${path}.${field}`, 'an empty list does nothing; an empty item (- {}) would set default deny');
  }
  for (const direction of ['ingress', 'egress'] as const) {
    const wanted = spec.enableDefaultDeny?.[direction];
    const at = `${path}.enableDefaultDeny.${direction}`;
    const rules = (spec[direction]?.length ?? 0) + (spec[`${direction}Deny`]?.length ?? 0);
    if (wanted === true && rules === 0) ineffective(context, at, `sets no default deny: there is no ${direction} rule`);
    if (wanted === false && !context.profile.nonDefaultDeny) {
      ineffective(context, at, 'is not heeded in this profile (enable-non-default-deny-policies)');
    }
  }
  lintSubjects(spec, path, subjects, context);
}

function lintSubjects(spec: CiliumSpec, path: string, subjects: Selector, context: PolicyContext): void {
  const named = (spec.endpointSelector ?? []).find(
    ({ source, key, label, values }) =>
      label && source === 'k8s' && key === POD_NAMESPACE && !values.includes(context.namespace),
  );
  if (named !== undefined && context.namespace !== '') {
    const message = `the policy applies in its own namespace ${context.namespace}: the namespace named here is ignored`;
    ineffective(context, `${path}.endpointSelector`, message);
  }
  if (spec.nodeSelector !== undefined && !context.profile.hostFirewall) {
    ineffective(
      context,
      `${path}.nodeSelector`,
      'nothing is enforced on nodes without the host firewall (enable-host-firewall)',
    );
  }
  if (isNever(subjects)) {
    const at = spec.nodeSelector === undefined ? 'endpointSelector' : 'nodeSelector';
    ineffective(
      context,
      `${path}.${at}`,
      'selects by a label that is no part of an identity: the policy applies to nobody',
    );
  }
}

/** Findings about an item that says nothing of peers. */
export function lintItem(
  item: {
    readonly path: string;
    readonly action: 'allow' | 'deny';
    readonly open: boolean;
    readonly withoutPorts: boolean;
  },
  context: PolicyContext,
): void {
  if (!item.open || !item.withoutPorts) return;
  const what =
    item.action === 'allow' ? 'allows nothing (in a NetworkPolicy it would allow everything)' : 'denies nothing';
  ineffective(context, item.path, `an item without peers and ports ${what}: it only sets default deny`);
}
