import type { Cluster, Pod } from '../../model/cluster.ts';
import { refText } from '../../model/object-ref.ts';
import type { Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import { selects } from '../../model/selector.ts';
import { toSelector } from '../label-selector.ts';
import { isAdminKind, placedRules, readAdminPolicy } from './admin-policy.ts';
import type { AdminSpec, AdminSubject } from './admin-schema.ts';

/** What is valid in the admin kinds but without the effect that its author probably meant, or left open by the API. */
export function lintAdminPolicies(cluster: Cluster): readonly Problem[] {
  const read = cluster.policies
    .filter(({ ref }) => isAdminKind(ref.kind))
    .flatMap((policy) => {
      const { value: spec } = readAdminPolicy(policy);
      return spec === undefined ? [] : [{ policy, spec, path: policy.specs[0]?.path ?? 'spec' }];
    });
  return [...read.flatMap((each) => lintOne(each, cluster)), ...samePriority(read)];
}

interface Read {
  readonly policy: Policy;
  readonly spec: AdminSpec;
  readonly path: string;
}

function lintOne({ policy, spec, path }: Read, cluster: Cluster): readonly Problem[] {
  const problems: Problem[] = [];
  const find = (severity: 'warning' | 'info', at: string, message: string): void =>
    void problems.push({ severity, code: 'ineffective', object: policy.ref, source: policy.source, path: at, message });
  if (cluster.pods.length > 0 && podsOf(spec.subject, cluster).length === 0) {
    find('info', `${path}.subject`, 'selects no pod');
  }
  for (const rule of [...placedRules(spec, 'ingress', path), ...placedRules(spec, 'egress', path)]) {
    for (const [index, port] of (rule.ports === 'all' ? [] : rule.ports).entries()) {
      if (port === undefined || !('from' in port) || port.from <= port.to) continue;
      find('warning', `${rule.path}.${rule.portsField}[${index}]`, 'ends before it begins: it matches nothing');
    }
    for (const [index, peer] of rule.peers.entries()) {
      const byPods = peer.namespaces ?? peer.pods;
      if (byPods === undefined || cluster.pods.length === 0 || podsOf(peer, cluster).length > 0) continue;
      find('info', `${rule.path}.${rule.peersField}[${index}]`, 'matches no pod');
    }
  }
  return problems;
}

function podsOf({ namespaces, pods }: AdminSubject, cluster: Cluster): readonly Pod[] {
  const ofNamespace = toSelector(namespaces ?? pods?.namespaceSelector ?? {}, (key) => key);
  const ofPod = toSelector(pods?.podSelector ?? {}, (key) => key);
  return cluster.pods.filter((pod) => {
    const namespace = cluster.namespaces.get(pod.namespace);
    if (pod.hostNetwork || namespace === undefined) return false;
    return selects(ofNamespace, namespace.labels) && selects(ofPod, pod.labels);
  });
}

/** Policies of one tier and priority: which of them is asked first is up to the implementation, the engine goes by name. */
function samePriority(read: readonly Read[]): readonly Problem[] {
  const first = new Map<string, Policy>();
  return read
    .toSorted((a, b) => (a.policy.ref.name < b.policy.ref.name ? -1 : 1))
    .flatMap(({ policy, spec, path }): Problem[] => {
      if (spec.priority === undefined) return [];
      const key = `${spec.tier} ${spec.priority}`;
      const other = first.get(key);
      first.set(key, other ?? policy);
      if (other === undefined) return [];
      const message = `the same as that of ${refText(other.ref)}, which is assumed to be asked first: the API promises no order`;
      const { ref: object, source } = policy;
      return [{ severity: 'warning', code: 'assumed', object, source, path: `${path}.priority`, message }];
    });
}
