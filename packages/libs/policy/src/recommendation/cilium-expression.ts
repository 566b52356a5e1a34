import type { Direction } from '../network/rule.ts';
import { addressPeer } from './address-peer.ts';
import { ciliumApart, ciliumManifest } from './cilium-form.ts';
import { impossible, podsPeer } from './expression.ts';
import type { Expressed, ExpressionContext, PolicyForm } from './expression.ts';
import { isAllowedAnyway, unknownPod } from './network-policy-expression.ts';
import type { Generalisation } from './recommendation.ts';
import type { PeerScope, PortScope, RequestScope } from './scope.ts';
import { endText } from './sighting.ts';
import type { Sighting } from './sighting.ts';

/** Recommends CiliumNetworkPolicy objects. */
export const ciliumPolicies: PolicyForm = {
  kind: 'cilium',
  objectKind: 'CiliumNetworkPolicy',
  directions: ['ingress', 'egress'],
  express,
  apart: ciliumApart,
  write: ciliumManifest,
};

function express(sighting: Sighting, direction: Direction, context: ExpressionContext): Expressed {
  const peer = peerOf(sighting, direction, context);
  if ('kind' in peer) return peer;
  return { kind: 'allow', port: portOf(sighting, direction), unsaid: [], ...peer };
}

/** Requests are told apart once, where they arrive. */
function portOf({ protocol, port, request, allowed }: Sighting, direction: Direction): PortScope {
  const known = direction === 'ingress' && allowed.complete && isWhole(request);
  return { protocol, port, ...(known && request !== undefined ? { requests: [request] } : {}) };
}

/** Whether a request is known well enough to be let through by a rule for just it. */
export function isWhole(request: RequestScope | undefined): boolean {
  return request?.method !== undefined && request.path !== undefined && request.path.startsWith('/');
}

interface Peer {
  readonly peers: readonly PeerScope[];
  readonly widened: readonly Generalisation[];
}

function peerOf(sighting: Sighting, direction: Direction, context: ExpressionContext): Peer | Expressed {
  const end = direction === 'ingress' ? sighting.source : sighting.destination;
  switch (end.kind) {
    case 'pods': {
      const pods = podsPeer(end, context);
      return pods === undefined ? unknownPod(end) : { peers: [pods.peer], widened: pods.widened };
    }
    case 'node':
      if (end.side === 'host' && isAllowedAnyway(context.profile.network, direction)) return { kind: 'implicit' };
      // Of a pod on its node's network it depends on the other end's node, which of the two it is.
      return entities(endText(end), end.side === undefined ? ['host', 'remote-node'] : [end.side]);
    case 'api-server':
      return entities(endText(end), ['kube-apiserver']);
    case 'reserved':
      return entities(endText(end), [end.entity]);
    case 'world':
      if (direction === 'egress' && end.names.length > 0) return names(end.cidr ?? 'world', end.names);
      if (end.cidr === undefined) return entities(endText(end), ['world']);
      return toPeer(addressPeer(end.cidr, context));
    case 'unknown':
      return impossible('peer-unknown', 'nothing is known of the other end');
  }
}

function toPeer({ peer, widened }: ReturnType<typeof addressPeer>): Peer {
  return { peers: [peer], widened };
}

function entities(observed: string, list: readonly string[]): Peer {
  return {
    peers: list.map((entity) => ({ kind: 'entity', entity })),
    widened: [{ kind: 'entity', observed, allowed: `whatever Cilium takes as ${list.join(' or ')}`, alsoReaches: [] }],
  };
}

function names(observed: string, list: readonly string[]): Peer {
  const plain = [...new Set(list.map((name) => name.toLowerCase().replace(/\.$/, '')))].toSorted();
  return {
    peers: plain.map((name) => ({ kind: 'name', name })),
    widened: [
      { kind: 'name', observed, allowed: `every address that DNS answers for ${plain.join(', ')}`, alsoReaches: [] },
    ],
  };
}
