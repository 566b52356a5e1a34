import type { ObjectRef } from '../../model/object-ref.ts';
import { refText } from '../../model/object-ref.ts';
import type { Facts, PodFacts } from '../facts/facts.ts';

/** Agents of network plugins that enforce NetworkPolicies, by the name of their DaemonSet. */
const otherAgents = [
  'antrea-agent',
  'aws-node',
  'azure-npm',
  'calico-node',
  'canal',
  'kindnet',
  'kube-router',
  'ovnkube-node',
  'weave-net',
];

/** Groups whose kinds are only served where the plugin runs. */
const otherGroups: ReadonlyMap<string, string> = new Map([
  ['crd.projectcalico.org', 'Calico'],
  ['projectcalico.org', 'Calico'],
  ['operator.tigera.io', 'Calico'],
  ['crd.antrea.io', 'Antrea'],
  ['k8s.ovn.org', 'OVN-Kubernetes'],
]);

/** Notes what the kind of an object tells of the network plugin. */
export function noteKind(facts: Facts, group: string, ref: ObjectRef): void {
  if (group === 'cilium.io') facts.cilium ??= { what: refText(ref) };
  const plugin = otherGroups.get(group);
  if (plugin !== undefined) facts.otherPlugin ??= { what: `${refText(ref)} of ${plugin}` };
}

/** Notes whether a pod or workload is a network plugin's agent. */
export function noteAgent(facts: Facts, ref: ObjectRef, { labels }: Pick<PodFacts, 'labels'>): void {
  const app = labels.get('k8s-app') ?? labels.get('app') ?? labels.get('name') ?? '';
  const component = labels.get('component') ?? '';
  if (labels.get('k8s-app') === 'cilium' || (ref.kind === 'DaemonSet' && ref.name === 'cilium')) {
    facts.ciliumAgent ??= refText(ref);
    return;
  }
  const agent = otherAgents.find(
    (each) => app === each || component === each || (ref.kind === 'DaemonSet' && ref.name === each),
  );
  if (agent !== undefined) facts.otherPlugin ??= { what: refText(ref) };
}
