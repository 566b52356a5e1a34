import type { NetworkProfile } from '../model/profile.ts';
import { apiServerAddresses } from '../network/engine/universe-peer.ts';
import type { Direction } from '../network/rule.ts';
import { addressPeer } from './address-peer.ts';
import { impossible, podsPeer } from './expression.ts';
import type { Expressed, ExpressionContext, PolicyForm, Unsaid } from './expression.ts';
import { networkPolicyManifest } from './network-policy-form.ts';
import type { Generalisation } from './recommendation.ts';
import type { PeerScope } from './scope.ts';
import type { Sighting } from './sighting.ts';
import { endText } from './sighting.ts';

/** Recommends NetworkPolicy objects. */
export const networkPolicies: PolicyForm = {
  kind: 'networkpolicy',
  objectKind: 'NetworkPolicy',
  directions: ['ingress', 'egress'],
  express,
  apart: () => '',
  write: networkPolicyManifest,
};

function express(sighting: Sighting, direction: Direction, context: ExpressionContext): Expressed {
  const { protocol, port } = sighting;
  if (protocol === 'ICMP' || protocol === 'ICMPv6') return impossible('icmp', 'a NetworkPolicy has no rules for ICMP');
  const peer = peerOf(sighting, direction, context);
  if ('kind' in peer) return peer;
  return { kind: 'allow', port: { protocol, port }, ...peer };
}

type Peer = {
  readonly peers: readonly PeerScope[];
  readonly widened: readonly Generalisation[];
  readonly unsaid: readonly Unsaid[];
};

function peerOf(sighting: Sighting, direction: Direction, context: ExpressionContext): Peer | Expressed {
  const end = direction === 'ingress' ? sighting.source : sighting.destination;
  const { network } = context.profile;
  switch (end.kind) {
    case 'pods': {
      const pods = podsPeer(end, context);
      return pods === undefined ? unknownPod(end) : { peers: [pods.peer], widened: pods.widened, unsaid: [] };
    }
    case 'node':
      if (end.side === 'host' && isAllowedAnyway(network, direction)) return { kind: 'implicit' };
      return byAddress(end.cidr, 'nodes', network);
    case 'api-server': {
      const known = end.cidr === undefined ? apiServerAddresses(context.cluster).map(hostBlock) : [end.cidr];
      if (known.length === 0) return byAddress(undefined, 'the API server', network);
      const peers = known.map((cidr) => byAddress(cidr, 'the API server', network));
      return peers.find((each) => 'kind' in each) ?? joinPeers(peers.flatMap((each) => ('kind' in each ? [] : [each])));
    }
    case 'world': {
      if (end.cidr === undefined)
        return impossible('address-unknown', `the address of ${endText(end)} was not recorded`);
      const { peer, widened } = addressPeer(end.cidr, context);
      return { peers: [peer], widened, unsaid: end.names.length === 0 ? [] : [nameUnsaid(end.names)] };
    }
    case 'reserved':
      return byAddress(end.cidr, `the data plane's "${end.entity}"`, network);
    case 'unknown':
      return impossible('peer-unknown', 'nothing is known of the other end');
  }
}

/** Pods that are gone and of which only the name is known can't be named, and can't come back either. */
export function unknownPod(end: Sighting['source']): Expressed {
  const explanation = `${endText(end)} is gone, and its labels were not recorded`;
  return { kind: 'impossible', unsaid: { what: 'peer-unknown', explanation }, blocking: false };
}

function nameUnsaid(names: readonly string[]): Unsaid {
  const explanation = `a NetworkPolicy has no names: the addresses seen for ${names.join(', ')} are allowed, and new ones will not be`;
  return { what: 'name', explanation };
}

/** The API allows traffic with the own node; Cilium what comes from it, unless its configuration says otherwise. */
export function isAllowedAnyway(network: NetworkProfile, direction: Direction): boolean {
  if (network.kind === 'generic') return true;
  return direction === 'ingress' && (network.kind === 'unknown' || network.allowLocalhost !== 'policy');
}

/** A CIDR rule matches nodes and the API server in the generic profile only, or where Cilium's match mode says so. */
function byAddress(cidr: string | undefined, what: string, network: NetworkProfile): Peer | Expressed {
  const matches =
    network.kind === 'generic' || (network.kind === 'cilium' && network.policyCidrMatchMode.includes('nodes'));
  if (!matches) {
    const who =
      network.kind === 'cilium'
        ? 'Cilium does not match'
        : 'Cilium would not match, and who enforces here is not known:';
    return impossible(
      'cilium-identity',
      `${who} ${what} by an address; a CiliumNetworkPolicy can name it as an entity`,
    );
  }
  if (cidr === undefined) return impossible('address-unknown', `the address of ${what} was not recorded`);
  return { peers: [{ kind: 'addresses', cidr }], widened: [], unsaid: [] };
}

function hostBlock(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

function joinPeers(peers: readonly Peer[]): Peer {
  return { peers: peers.flatMap((each) => each.peers), widened: [], unsaid: [] };
}
