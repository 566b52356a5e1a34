import type { Problem } from '../../model/problem.ts';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import type { CiliumProfile } from '../../model/profile.ts';
import type { Labels } from '../../model/selector.ts';

/** Options with which Cilium judges otherwise than the engine does, and the value with which it judges the same. */
const unsupportedOptions: readonly { readonly key: string; readonly expected: string; readonly effect: string }[] = [
  { key: 'enable-k8s-networkpolicy', expected: 'true', effect: 'NetworkPolicies are not enforced' },
  { key: 'enable-cilium-network-policy', expected: 'true', effect: 'CiliumNetworkPolicies are not enforced' },
  {
    key: 'enable-cilium-clusterwide-network-policy',
    expected: 'true',
    effect: 'CiliumClusterwideNetworkPolicies are not enforced',
  },
  { key: 'enable-l7-proxy', expected: 'true', effect: 'policies with layer 7 rules are refused' },
  { key: 'enable-icmp-rules', expected: 'true', effect: 'ICMP rules are refused' },
  {
    key: 'policy-default-local-cluster',
    expected: 'true',
    effect: 'selectors without a cluster reach the pods of other clusters too',
  },
  { key: 'labels', expected: '', effect: 'only some labels count for selectors' },
];

/** Cilium's profile from the keys of its ConfigMap; its defaults for keys that are absent or can't be read. */
export function ciliumProfileOf(config: Labels): CiliumProfile {
  // Without a ConfigMap it is not known whether the option is set; in one that lacks it, it is not.
  const clusterNetworkPolicy =
    flagOf(config.get('enable-k8s-cluster-network-policy')) ?? (config.size > 0 ? false : undefined);
  const nodeSelectorLabels = flagOf(config.get('enable-node-selector-labels'));
  return {
    kind: 'cilium',
    policyCidrMatchMode: words(config.get('policy-cidr-match-mode')).filter(
      (word) => word === 'nodes' || word === 'pods',
    ),
    enablePolicy: oneOf(config.get('enable-policy'), ['default', 'always', 'never'], CILIUM_DEFAULTS.enablePolicy),
    hostFirewall: flagOf(config.get('enable-host-firewall')) ?? CILIUM_DEFAULTS.hostFirewall,
    allowLocalhost: oneOf(config.get('allow-localhost'), ['auto', 'always', 'policy'], CILIUM_DEFAULTS.allowLocalhost),
    auditMode: flagOf(config.get('policy-audit-mode')) ?? CILIUM_DEFAULTS.auditMode,
    nonDefaultDeny: flagOf(config.get('enable-non-default-deny-policies')) ?? CILIUM_DEFAULTS.nonDefaultDeny,
    sctp: flagOf(config.get('enable-sctp')) ?? CILIUM_DEFAULTS.sctp,
    ...(nodeSelectorLabels !== undefined && { nodeSelectorLabels }),
    ...(clusterNetworkPolicy !== undefined && { clusterNetworkPolicy }),
    clusterName: config.get('cluster-name') || CILIUM_DEFAULTS.clusterName,
  };
}

/** Values that the engine does not know, and options that it does not judge by. */
export function ciliumConfigProblems(config: Labels): Pick<Problem, 'severity' | 'code' | 'path' | 'message'>[] {
  const problems: Pick<Problem, 'severity' | 'code' | 'path' | 'message'>[] = [];
  const add = (key: string, message: string): void =>
    void problems.push({ severity: 'warning', code: 'unsupported', path: `data[${JSON.stringify(key)}]`, message });
  const known = (key: string, isKnown: (value: string) => boolean): void => {
    const value = config.get(key);
    if (value !== undefined && value !== '' && !isKnown(value)) {
      add(key, `the engine does not know "${value}" as ${key}: Cilium's default is taken`);
    }
  };
  known('policy-cidr-match-mode', (value) => words(value).every((word) => word === 'nodes' || word === 'pods'));
  known('enable-policy', (value) => ['default', 'always', 'never'].includes(value.toLowerCase()));
  known('allow-localhost', (value) => ['auto', 'always', 'policy'].includes(value.toLowerCase()));
  for (const key of [
    'enable-host-firewall',
    'policy-audit-mode',
    'enable-non-default-deny-policies',
    'enable-sctp',
    'enable-node-selector-labels',
    'enable-k8s-cluster-network-policy',
  ]) {
    known(key, (value) => flagOf(value) !== undefined);
  }
  for (const { key, expected, effect } of unsupportedOptions) {
    const value = config.get(key);
    if (value === undefined || value.trim() === expected) continue;
    add(key, `with ${key} "${value}" ${effect}, and the engine does not heed that`);
  }
  return problems;
}

/** Lists in Cilium's ConfigMap are separated by commas or spaces. */
function words(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
}

/** Booleans as Go's strconv.ParseBool reads them. */
function flagOf(text: string | undefined): boolean | undefined {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text ?? '')) return true;
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text ?? '') ? false : undefined;
}

function oneOf<T extends string>(text: string | undefined, values: readonly T[], otherwise: T): T {
  return values.find((value) => value === text?.toLowerCase()) ?? otherwise;
}
