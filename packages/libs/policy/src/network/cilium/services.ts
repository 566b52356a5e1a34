import type { Cluster, Service } from '../../model/cluster.ts';
import type { CiliumProfile } from '../../model/profile.ts';
import { meets } from '../../model/selector.ts';
import type { Selector } from '../../model/selector.ts';
import { canonicalAddress } from '../../address/address.ts';
import { ENDPOINT_LABELS } from '../rule.ts';
import type { PeerTerm } from '../rule.ts';
import { blockPeer } from './address-peers.ts';
import { endpointKey } from './identity-labels.ts';
import { intoLabelSpace } from './selector.ts';
import type { EgressItem } from './schema.ts';

type ServiceRule = NonNullable<EgressItem['toServices']>[number];

/**
 * Whom one element of toServices means: the pods that a service's selector selects; the addresses behind it where it has no
 * selector (a CIDR rule, so never pods). Empty when no service, or none with pods or addresses, is there. A namespace that is
 * not given stands for all. Source: cilium v1.20 pkg/policy/k8s/service.go.
 */
export function servicePeers(rule: ServiceRule, cluster: Cluster, profile: CiliumProfile): readonly PeerTerm[] {
  return cluster.services
    .filter((service) => service.type !== 'ExternalName' && means(rule, service))
    .flatMap((service) => {
      if (service.selector !== undefined && service.selector.size > 0) {
        return [{ kind: 'endpoints', selector: selected(service, service.selector) } satisfies PeerTerm];
      }
      return addresses(service, cluster).flatMap((address) => blockPeer(address, [], profile));
    });
}

function means({ k8sServiceSelector, k8sService }: ServiceRule, { namespace, name, labels }: Service): boolean {
  if (k8sServiceSelector !== undefined) {
    // Sources of keys count for nothing here.
    return (
      within(k8sServiceSelector.namespace, namespace) &&
      k8sServiceSelector.selector.every((condition) => meets(condition, labels.get(condition.key)))
    );
  }
  return k8sService !== undefined && within(k8sService.namespace, namespace) && k8sService.serviceName === name;
}

function within(wanted: string | undefined, namespace: string): boolean {
  return wanted === undefined || wanted === '' || wanted === namespace;
}

function selected({ namespace }: Service, labels: ReadonlyMap<string, string>): Selector {
  const conditions = [...labels]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ source: 'k8s', key, operator: 'In' as const, values: [value], label: true }));
  return [
    ...intoLabelSpace(conditions, endpointKey),
    { key: ENDPOINT_LABELS.namespace, operator: 'In', values: [namespace] },
  ];
}

function addresses({ namespace, name }: Service, cluster: Cluster): readonly string[] {
  const found = cluster.endpointSlices
    .filter((slice) => slice.namespace === namespace && slice.service === name)
    .flatMap((slice) => slice.addresses.flatMap((address) => canonicalAddress(address) ?? []));
  return [...new Set(found)].toSorted();
}
