import { parseCidr, parseCidrOrAddress, cidrText, rangeCovers } from '../../address/cidr.ts';
import type { CidrGroup } from '../../model/policy.ts';
import type { CiliumProfile } from '../../model/profile.ts';
import type { PeerTerm } from '../rule.ts';
import { selectedAddresses } from './cidr-group-selector.ts';
import type { CidrRule } from './schema.ts';

// Whom CIDR rules mean. Source: cilium v1.20 pkg/policy/types/selector.go (CIDRSelector), pkg/ipcache/metadata.go
// (resolveLabels), pkg/policy/k8s/cilium_cidr_group.go.

/** Blocks that stand for all addresses. */
const wholeWorld = ['0.0.0.0/0', '::/0'];

/** What a block matches by its address besides the world. The API server outside of the cluster is a part of the world. */
function reachOf({ policyCidrMatchMode }: CiliumProfile): { pods: boolean; nodes: boolean; apiServer: boolean } {
  return {
    pods: policyCidrMatchMode.includes('pods'),
    nodes: policyCidrMatchMode.includes('nodes'),
    apiServer: true,
  };
}

/**
 * A block without the exceptions that lie in it; none when they take all of it. A block of prefix length 0 means the world,
 * which nodes are no part of unless pods, too, are matched by their address.
 */
export function blockPeer(cidr: string, except: readonly string[], profile: CiliumProfile): PeerTerm[] {
  const reaches = reachOf(profile);
  return addressTerm(
    cidr,
    except,
    cidr.endsWith('/0') ? { ...reaches, nodes: reaches.nodes && reaches.pods } : reaches,
  );
}

/** A block of a CIDR group: whatever has an address in it is in the group. */
function groupBlockPeer(cidr: string, except: readonly string[], profile: CiliumProfile): PeerTerm[] {
  return addressTerm(cidr, except, reachOf(profile));
}

function addressTerm(
  cidr: string,
  except: readonly string[],
  reaches: { pods: boolean; nodes: boolean; apiServer: boolean },
): PeerTerm[] {
  const block = parseCidrOrAddress(cidr);
  if (block === undefined) return [];
  const exceptions = except.flatMap((each) => parseCidr(each) ?? []);
  if (exceptions.some((each) => rangeCovers(each, block))) return [];
  return [
    {
      kind: 'addresses',
      cidr: cidrText(block),
      except: exceptions.filter((each) => rangeCovers(block, each)).map(cidrText),
      reaches,
    },
  ];
}

/** Every address of both families. */
export function worldPeers(profile: CiliumProfile): PeerTerm[] {
  return wholeWorld.flatMap((cidr) => blockPeer(cidr, [], profile));
}

/** Peers of one element of fromCIDRSet or toCIDRSet. `missing` names a group that is not there: it has no addresses. */
export function cidrRulePeers(
  rule: CidrRule,
  groups: readonly CidrGroup[],
  profile: CiliumProfile,
): { readonly peers: readonly PeerTerm[]; readonly missing?: string } {
  const { cidr = '', cidrGroupRef = '', cidrGroupSelector, except = [] } = rule;
  if (cidr !== '') return { peers: blockPeer(cidr, except, profile) };
  if (cidrGroupSelector !== undefined) {
    if (selectsEverything(rule)) return { peers: [{ kind: 'everything' }] };
    const blocks = selectedAddresses(cidrGroupSelector, groups, except);
    return { peers: blocks.flatMap((block) => groupBlockPeer(block, [], profile)) };
  }
  const group = groups.find(({ name }) => name === cidrGroupRef);
  if (group === undefined) return { peers: [], missing: cidrGroupRef };
  return { peers: group.cidrs.flatMap((block) => groupBlockPeer(block, except, profile)) };
}

/**
 * An empty cidrGroupSelector without exceptions: the agent keeps selectors by their text, and this one's is that of the
 * selector of all endpoints, which it then becomes. Source: cilium v1.20 pkg/policy/selectorcache_selector.go (IsWildcard).
 */
export function selectsEverything({ cidrGroupSelector, except = [] }: CidrRule): boolean {
  return cidrGroupSelector?.length === 0 && except.length === 0;
}
