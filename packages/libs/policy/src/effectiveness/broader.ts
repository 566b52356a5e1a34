import { blockOf, cidrText, parseCidr, parseCidrOrAddress, rangeCovers } from '../address/cidr.ts';
import type { Cidr } from '../address/cidr.ts';
import { ADDRESS_BITS } from '../address/address.ts';
import { refText } from '../model/object-ref.ts';
import { portSet } from '../matrix/ports.ts';
import { PORTS_OF } from '../network/engine/port-match.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerTerm, PortTerm } from '../network/rule.ts';
import type { Broader, BroaderBlock } from './effectiveness.ts';
import type { HitTally } from './rule-hits.ts';
import type { WrittenRule } from './written-rule.ts';

/** So many workloads are named that a rule allows and nobody was seen of. */
const unusedMax = 20;

const TRANSPORTS = ['TCP', 'UDP', 'SCTP'] as const;

/** How much more an allow rule allows than was seen; undefined when nothing. `workloads` are all there are, by id. */
export function broaderThanSeen(
  engine: NetworkEngine,
  { parts }: WrittenRule,
  tally: HitTally,
  workloads: ReadonlySet<string>,
): Broader | undefined {
  const peers = broaderPeers(engine, parts, tally, workloads);
  const ports = broaderPorts(parts, tally);
  const addresses = broaderBlocks(
    parts.flatMap(({ peers: terms }) => terms),
    [...tally.ends].flatMap(({ workload, ip }) => (workload === undefined && ip !== undefined ? [ip] : [])),
  );
  if (peers === undefined && ports === undefined && addresses.length === 0) return undefined;
  return { ...(peers && { peers }), ...(ports && { ports }), ...(addresses.length > 0 && { addresses }) };
}

function broaderPeers(
  engine: NetworkEngine,
  parts: WrittenRule['parts'],
  { ends }: HitTally,
  all: ReadonlySet<string>,
): Broader['peers'] {
  const matched = parts.map((part) => engine.peersOf(part));
  const declared = matched.includes('everything')
    ? all
    : workloadsOf(
        engine,
        matched.flatMap((peers) => (peers === 'everything' ? [] : peers)),
      );
  const observed = new Set([...ends].flatMap(({ workload }) => (workload === undefined ? [] : refText(workload))));
  const unused = [...declared].filter((id) => !observed.has(id));
  if (unused.length === 0) return undefined;
  return {
    declared: declared.size,
    observed: declared.size - unused.length,
    unused: unused.toSorted().slice(0, unusedMax),
  };
}

function workloadsOf(engine: NetworkEngine, peers: readonly number[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const peer of peers) {
    const { kind, workload } = engine.peers[peer] ?? {};
    if (kind === 'pod' && workload !== undefined && engine.podsOf(peer).length > 0) ids.add(refText(workload));
  }
  return ids;
}

function broaderPorts(parts: WrittenRule['parts'], tally: HitTally): Broader['ports'] {
  const ports = parts.map((part) => part.ports);
  const declared = declaredPorts(ports.includes('all') ? 'all' : ports.flatMap((each) => (each === 'all' ? [] : each)));
  if (declared <= tally.ports.size) return undefined;
  return { declared, observed: portSet([...tally.ports.values()]) };
}

/** Every port once; a name counts as one, whatever it stands for. */
function declaredPorts(ports: 'all' | readonly PortTerm[]): number {
  const terms: readonly PortTerm[] = ports === 'all' ? [{ protocol: 'any', ...PORTS_OF.TCP }] : ports;
  const runs = terms.flatMap((term) => {
    if ('name' in term) return [];
    const protocols = term.protocol === 'any' ? TRANSPORTS : [term.protocol];
    return protocols.map((protocol) => {
      const { from, to } = PORTS_OF[protocol];
      return { protocol, from: Math.max(from, term.from), to: Math.min(to, term.to) };
    });
  });
  const numbers = Object.values(portSet(runs))
    .flat()
    .reduce((sum, [from, to]) => sum + to - from + 1, 0);
  return numbers + new Set(terms.flatMap((term) => ('name' in term ? `${term.protocol} ${term.name}` : []))).size;
}

function broaderBlocks(peers: readonly PeerTerm[], seen: readonly string[]): readonly BroaderBlock[] {
  const ranges = seen.flatMap((text) => parseCidrOrAddress(text) ?? []);
  return blocksOf(peers).flatMap(({ cidr, except }): BroaderBlock[] => {
    const inside = ranges.filter(
      (range) => rangeCovers(cidr, range) && !except.some((block) => rangeCovers(block, range)),
    );
    const sizeBits = ADDRESS_BITS[cidr.family] - cidr.prefix;
    const used = inside.some(({ prefix }) => prefix === cidr.prefix) || BigInt(inside.length) >= 1n << BigInt(sizeBits);
    if (used) return [];
    return [{ cidr: cidrText(cidr), sizeBits, observed: inside.length, tightest: tightestBlock(inside) }];
  });
}

function blocksOf(peers: readonly PeerTerm[]): readonly { readonly cidr: Cidr; readonly except: readonly Cidr[] }[] {
  return peers.flatMap((term) => {
    if (term.kind === 'everything') return ['0.0.0.0/0', '::/0'].flatMap((text) => parsedBlock(text, []));
    return term.kind === 'addresses' ? parsedBlock(term.cidr, term.except) : [];
  });
}

function parsedBlock(text: string, except: readonly string[]): { cidr: Cidr; except: Cidr[] }[] {
  const cidr = parseCidr(text);
  return cidr === undefined ? [] : [{ cidr, except: except.flatMap((each) => parseCidr(each) ?? []) }];
}

/** The smallest block that holds all of these of one family. */
function tightestBlock(inside: readonly Cidr[]): string | undefined {
  const [first] = inside;
  if (first === undefined) return undefined;
  const address = { family: first.family, value: first.first };
  let tightest = first;
  for (const range of inside) {
    while (!rangeCovers(tightest, range)) {
      const wider = blockOf(address, tightest.prefix - 1);
      if (wider === undefined) return undefined;
      tightest = wider;
    }
  }
  return cidrText(tightest);
}
