import { parseCidr, rangeCovers } from '../address/cidr.ts';
import type { Protocol } from '../model/cluster.ts';
import type { Peer, PeerIndex } from '../network/peer.ts';
import type { PeerTerm, PortTerm, Rule } from '../network/rule.ts';
import { httpEntry } from './cilium-form.ts';
import type { PeerSets } from './peer-sets.ts';
import { connectionKey } from './scope.ts';
import type { Allowance, RequestScope } from './scope.ts';

/** By protocol and port: requests, or whatever is said on the connection. */
type Ports = Map<string, readonly RequestScope[] | 'any'>;

/** What may be allowed in one direction: what was seen, widened as the generalisations say. */
export class Closure {
  readonly #sets: PeerSets;
  readonly #byPeer = new Map<PeerIndex, Ports>();
  readonly #byBlock = new Map<string, Ports>();
  readonly #byName = new Map<string, Ports>();

  constructor(allowances: readonly Allowance[], sets: PeerSets) {
    this.#sets = sets;
    for (const allowance of allowances) this.#add(allowance);
  }

  #add({ peer, port }: Allowance): void {
    switch (peer.kind) {
      case 'pods':
        for (const index of this.#sets.pods(peer.namespace, peer.labels)) addPort(this.#byPeer, index, port);
        break;
      case 'entity':
        for (const index of this.#sets.entity(peer.entity)) addPort(this.#byPeer, index, port);
        break;
      case 'addresses':
        addPort(this.#byBlock, peer.cidr, port);
        break;
      case 'name':
        addPort(this.#byName, peer.name, port);
        break;
      case 'principal':
        break;
    }
  }

  /**
   * Whether a translated allow rule is within: the first thing that it lets through and that is not is told. `subjects` are
   * those whom it is about: names of ports are theirs for ingress, and their peers' for egress.
   */
  exceededBy(rule: Rule, subjects: readonly Peer[]): string | undefined {
    for (const term of rule.peers) {
      const wrong = this.#exceededByTerm(term, rule, subjects);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #exceededByTerm(term: PeerTerm, rule: Rule, subjects: readonly Peer[]): string | undefined {
    switch (term.kind) {
      case 'everything':
        return 'everybody';
      case 'names':
        return within(this.#byName.get(term.exact ?? ''), rule, [])
          ? undefined
          : (term.exact ?? term.pattern ?? 'names');
      case 'addresses':
        return this.#blocksAround(term.cidr).some((ports) => within(ports, rule, [])) ? undefined : term.cidr;
      case 'endpoints': {
        const wrong = this.#sets.selected(term.selector).find((peer) => {
          const owners = rule.direction === 'ingress' ? subjects : [peer];
          return !within(this.#byPeer.get(peer.index), rule, owners);
        });
        return wrong?.name;
      }
    }
  }

  #blocksAround(cidr: string): readonly Ports[] {
    const exact = this.#byBlock.get(cidr);
    if (exact !== undefined) return [exact];
    const inner = parseCidr(cidr);
    return [...this.#byBlock].flatMap(([text, ports]) => {
      const outer = parseCidr(text);
      return inner !== undefined && outer !== undefined && rangeCovers(outer, inner) ? [ports] : [];
    });
  }
}

function addPort<K>(map: Map<K, Ports>, key: K, port: Allowance['port']): void {
  let ports = map.get(key);
  if (ports === undefined) {
    ports = new Map();
    map.set(key, ports);
  }
  const connection = connectionKey(port);
  const before = ports.get(connection);
  const requests = port.requests ?? 'any';
  ports.set(
    connection,
    before === undefined ? requests : before === 'any' || requests === 'any' ? 'any' : [...before, ...requests],
  );
}

function within(ports: Ports | undefined, rule: Rule, owners: readonly Peer[]): boolean {
  if (ports === undefined || rule.ports === 'all') return false;
  return rule.ports.every((term) =>
    termPorts(term, owners).every((connection) => limitsTo(ports.get(connection), rule)),
  );
}

/** The ports of a term one by one; a term that is more than a port is one that nothing has. */
function termPorts(term: PortTerm, owners: readonly Peer[]): readonly string[] {
  if ('name' in term) {
    const meant = owners.flatMap(({ namedPorts }) => namedPorts.get(term.name) ?? []);
    return meant.filter(({ protocol }) => covers(term.protocol, protocol)).map(connectionKey);
  }
  const { protocol, from, to } = term;
  return protocol === 'any' || from !== to ? [`${protocol} ${from}-${to}`] : [connectionKey({ protocol, port: from })];
}

function covers(wanted: Protocol | 'any', protocol: Protocol): boolean {
  return wanted === 'any' || wanted === protocol;
}

/** Whether a rule lets through just these requests, where there are limits. */
function limitsTo(requests: readonly RequestScope[] | 'any' | undefined, { layer7 }: Rule): boolean {
  if (requests === 'any') return true;
  if (requests === undefined || layer7?.http === undefined || layer7.http.length === 0) return false;
  const expected = new Set(requests.map((each) => matchKey(httpEntry(each))));
  return layer7.http.every(
    (match) => match.host === undefined && match.headers === undefined && expected.has(matchKey(match)),
  );
}

function matchKey({ method, path }: { readonly method?: string; readonly path?: string }): string {
  return `${method ?? ''} ${path ?? ''}`;
}
