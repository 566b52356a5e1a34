import type { Selector } from '../../model/selector.ts';
import { ENDPOINT_LABELS } from '../rule.ts';
import type { PeerTerm } from '../rule.ts';

// Entities of Cilium's policies. Source: cilium v1.20 pkg/policy/api/entity.go.

const entities = [
  'all',
  'world',
  'world-ipv4',
  'world-ipv6',
  'cluster',
  'cluster-mesh',
  'host',
  'init',
  'ingress',
  'unmanaged',
  'remote-node',
  'health',
  'none',
  'kube-apiserver',
] as const;

/** Name of an entity. */
export type Entity = (typeof entities)[number];

/** Whether a value names an entity. */
export function isEntity(value: unknown): value is Entity {
  return entities.some((entity) => entity === value);
}

/** Entities that are in the cluster besides its pods; the API server is, wherever it runs. */
const inCluster = ['host', 'remote-node', 'init', 'ingress', 'health', 'unmanaged', 'kube-apiserver'] as const;

/** The peers that an entity stands for; none for `none`. */
export function entityPeers(entity: Entity, o: { readonly clusterName: string }): readonly PeerTerm[] {
  switch (entity) {
    case 'all':
      return [{ kind: 'everything' }];
    case 'none':
      return [];
    case 'cluster':
      return [
        endpoints([{ key: ENDPOINT_LABELS.cluster, operator: 'In', values: [o.clusterName] }]),
        ...inCluster.map(ofEntity),
      ];
    case 'cluster-mesh':
      return [
        endpoints([{ key: ENDPOINT_LABELS.cluster, operator: 'Exists', values: [] }]),
        ...inCluster.map(ofEntity),
      ];
    default:
      return [ofEntity(entity)];
  }
}

function ofEntity(name: string): PeerTerm {
  return endpoints([{ key: ENDPOINT_LABELS.entity(name), operator: 'Exists', values: [] }]);
}

function endpoints(selector: Selector): PeerTerm {
  return { kind: 'endpoints', selector };
}
