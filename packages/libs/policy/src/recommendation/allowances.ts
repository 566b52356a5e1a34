import { refText } from '../model/object-ref.ts';
import type { Pod, Protocol } from '../model/cluster.ts';
import type { Direction } from '../network/rule.ts';
import { dnsPort, dnsTransports, isDns } from './dns.ts';
import { noEvidence } from './evidence.ts';
import type { Expressed, ExpressionContext, PolicyForm, Unsaid } from './expression.ts';
import type { Generalisation } from './recommendation.ts';
import { connectionKey, labelsKey, peerKey } from './scope.ts';
import type { Allowance, PeerScope, PortScope } from './scope.ts';
import { connectionText, endText } from './sighting.ts';
import type { Sighting } from './sighting.ts';
import type { Unit } from './unit.ts';

/** What a unit needs in one direction, before it is merged to rules. */
export interface Needs {
  readonly allowances: readonly Allowance[];
  readonly widened: readonly Generalisation[];
  readonly unsaid: readonly { readonly unsaid: Unsaid; readonly sighting: Sighting }[];
  /** What keeps the direction from being isolated. */
  readonly blocking: readonly string[];
}

/**
 * Turns what was seen into allowances. `plain` leaves out what is only for the reader's or the user's comfort (names of
 * ports, limits on requests, the other transport of DNS): what is left is the nearest to what was seen.
 */
export function needsOf(
  form: PolicyForm,
  {
    unit,
    direction,
    sightings,
    plain,
  }: { unit: Unit; direction: Direction; sightings: readonly Sighting[]; plain: boolean },
  context: ExpressionContext,
): Needs {
  const collected = new Collector(form.kind !== 'networkpolicy' && direction === 'ingress');
  for (const sighting of sightings) collected.add(sighting, form.express(sighting, direction, context), plain);
  if (direction === 'egress') addDns(collected, form, sightings, context, plain);
  const allowances = collected.limited();
  const byName =
    plain || form.kind === 'authorization' ? allowances : named(allowances, { unit, direction, sightings }, context);
  return { ...collected.needs(), allowances: byName };
}

/** Names ports where every pod concerned has the name: those that are there, and none that traffic alone knows. */
function named(
  allowances: readonly Allowance[],
  { unit, direction, sightings }: { unit: Unit; direction: Direction; sightings: readonly Sighting[] },
  context: ExpressionContext,
): readonly Allowance[] {
  const gone = new Set<string>();
  for (const { destination } of sightings) {
    if (destination.kind === 'pods' && !context.isThere(destination.query)) gone.add(destination.workload.key);
  }
  if (direction === 'ingress' && gone.size > 0) return allowances;
  return allowances.map((allowance) => {
    const pods = direction === 'ingress' ? unit.pods : podsOfPeer(allowance.peer, context);
    const name = pods.some(({ workload }) => gone.has(refText(workload))) ? undefined : portName(pods, allowance.port);
    return name === undefined ? allowance : { ...allowance, port: { ...allowance.port, name } };
  });
}

/** One allowance with how it was seen. */
interface Seen {
  readonly allowance: Allowance;
  /** Absent for what was not seen but is needed. */
  readonly sighting?: Sighting;
}

class Collector {
  readonly #seen: Seen[] = [];
  readonly #widened = new Map<string, Generalisation>();
  readonly #sameWidened = new Set<Generalisation>();
  readonly #unsaid: Needs['unsaid'][number][] = [];
  readonly #blocking = new Set<string>();
  readonly #limitsRequests: boolean;

  constructor(limitsRequests: boolean) {
    this.#limitsRequests = limitsRequests;
  }

  add(sighting: Sighting, expressed: Expressed, plain: boolean): void {
    if (expressed.kind === 'implicit') return;
    if (expressed.kind === 'impossible') {
      const { unsaid, blocking } = expressed;
      this.leaveUnsaid(unsaid, sighting);
      const { source, destination, protocol, port } = connectionText(sighting);
      if (blocking) this.#blocking.add(`${unsaid.explanation} (${source} → ${destination} ${protocol}/${port})`);
      return;
    }
    for (const unsaid of expressed.unsaid) this.leaveUnsaid(unsaid, sighting);
    for (const each of expressed.widened) this.widen(each);
    const { requests: _, ...connection } = expressed.port;
    const port = plain ? connection : expressed.port;
    for (const peer of expressed.peers) this.allow({ peer, port, evidence: sighting.allowed }, sighting);
  }

  allow(allowance: Allowance, sighting: Sighting): void {
    this.#seen.push({ allowance, sighting });
  }

  unseen(allowance: Allowance): void {
    this.#seen.push({ allowance });
  }

  leaveUnsaid(unsaid: Unsaid, sighting: Sighting): void {
    this.#unsaid.push({ unsaid, sighting });
  }

  block(why: string): void {
    this.#blocking.add(why);
  }

  widen(each: Generalisation): void {
    // The same end widens all of its traffic alike.
    if (this.#sameWidened.has(each)) return;
    this.#sameWidened.add(each);
    this.#widened.set(`${each.kind}\n${each.observed}\n${each.allowed}`, each);
  }

  has(test: (allowance: Allowance) => boolean): boolean {
    return this.#seen.some(({ allowance }) => test(allowance));
  }

  change(to: (allowance: Allowance) => Allowance): void {
    for (const [at, seen] of this.#seen.entries()) this.#seen[at] = { ...seen, allowance: to(seen.allowance) };
  }

  needs(): Omit<Needs, 'allowances'> {
    return { widened: [...this.#widened.values()], unsaid: this.#unsaid, blocking: [...this.#blocking].toSorted() };
  }

  /** Requests limit a connection only where all that is known of it is requests. */
  limited(): readonly Allowance[] {
    const groups = Map.groupBy(
      this.#seen,
      ({ allowance: { peer, port } }) => `${peerKey(peer)}\n${connectionKey(port)}`,
    );
    return [...groups.values()].flatMap((group) => {
      const requests = group.filter(({ sighting }) => sighting?.layer === 'l7');
      // What transport records tell is the same traffic once more.
      const connections = group.filter(({ sighting }) => sighting?.layer !== 'l7');
      const all = (connections.length === 0 ? group : connections).map(({ allowance }) => allowance);
      if (requests.length === 0 || !this.#limitsRequests) return all;
      if (requests.some(({ allowance }) => allowance.port.requests === undefined)) {
        const sighting = requests[0]?.sighting;
        if (sighting?.request !== undefined) this.#anyRequest(sighting);
        return all.map(withoutRequests);
      }
      for (const { sighting } of requests) this.#requestWidening(sighting?.request?.path);
      const limits = requests.flatMap(({ allowance }) => allowance.port.requests ?? []);
      return requests.map(({ allowance }) => ({ ...allowance, port: { ...allowance.port, requests: limits } }));
    });
  }

  #anyRequest({ source, port }: Sighting): void {
    const observed = `requests of ${endText(source)} to port ${port}`;
    this.widen({ kind: 'any-request', observed, allowed: `any request to port ${port}`, alsoReaches: [] });
  }

  #requestWidening(path: string | undefined): void {
    if (path === undefined) return;
    if (/[{*]|\/:/.test(path)) {
      this.widen({
        kind: 'path-template',
        observed: `requests folded to ${path}`,
        allowed: `any value in the variable parts of ${path}`,
        alsoReaches: [],
      });
    }
    this.widen({ kind: 'query', observed: path, allowed: `${path} with any query`, alsoReaches: [] });
  }
}

function withoutRequests({ port: limited, peer, evidence }: Allowance): Allowance {
  const { requests: _, ...port } = limited;
  return { peer, port, evidence };
}

function isQuestion({ port, protocol }: PortScope): boolean {
  return port === dnsPort && dnsTransports.includes(protocol);
}

const noDns =
  'it was reached by name, and neither DNS traffic nor the DNS of the cluster was found: looking names up would be denied';

/** Both transports where one was seen, DNS where names were seen without it, and on Cilium DNS that is read where names are allowed. */
function addDns(
  collected: Collector,
  form: PolicyForm,
  sightings: readonly Sighting[],
  context: ExpressionContext,
  plain: boolean,
): void {
  const asked = sightings.filter(isDns);
  for (const sighting of plain ? [] : asked) addTransports(collected, form, sighting, context);
  const usesNames = collected.has(({ peer }) => peer.kind === 'name');
  const byName = sightings.find(({ destination: end }) => end.kind === 'world' && end.names.length > 0);
  if (!usesNames && byName === undefined) return;
  if (asked.length === 0 && !addUnseenDns(collected, context, usesNames)) {
    if (usesNames) {
      collected.block('names are only known from DNS, and neither DNS traffic nor the DNS of the cluster was found');
    } else if (byName !== undefined) {
      collected.leaveUnsaid({ what: 'name', explanation: noDns }, byName);
    }
    return;
  }
  if (!usesNames) return;
  collected.change((allowance) => {
    if (!isQuestion(allowance.port) || allowance.peer.kind === 'name') return allowance;
    return { ...allowance, port: { ...allowance.port, readsDns: true } };
  });
}

function addTransports(collected: Collector, form: PolicyForm, sighting: Sighting, context: ExpressionContext): void {
  const expressed = form.express(sighting, 'egress', context);
  if (expressed.kind !== 'allow') return;
  const other: Protocol = sighting.protocol === 'UDP' ? 'TCP' : 'UDP';
  collected.widen({
    kind: 'dns-transport',
    observed: `DNS over ${sighting.protocol} to ${endText(sighting.destination)}`,
    allowed: `DNS over ${dnsTransports.join(' and ')}`,
    alsoReaches: [],
  });
  const port = { ...expressed.port, protocol: other };
  for (const peer of expressed.peers) collected.allow({ peer, port, evidence: noEvidence }, sighting);
}

function addUnseenDns(collected: Collector, { catalogue }: ExpressionContext, readsDns: boolean): boolean {
  const servers = catalogue.dnsWorkloads().filter((each) => !catalogue.selectorOf(each).wholeNamespace);
  for (const server of servers) {
    const { labels } = catalogue.selectorOf(server);
    const { namespace } = server.ref;
    collected.widen({
      kind: 'dns-for-names',
      observed: 'names of addresses, without the DNS traffic that tells them',
      allowed: `DNS to pods with ${labelsKey(labels)} in namespace ${namespace} (${refText(server.ref)})`,
      alsoReaches: [server.ref],
    });
    for (const protocol of dnsTransports) {
      const peer: PeerScope = { kind: 'pods', namespace, labels };
      collected.unseen({
        peer,
        port: { protocol, port: dnsPort, ...(readsDns && { readsDns }) },
        evidence: noEvidence,
      });
    }
  }
  return servers.length > 0;
}

function podsOfPeer(peer: PeerScope, { catalogue }: ExpressionContext): readonly Pod[] {
  return peer.kind === 'pods' ? catalogue.selected(peer.namespace, peer.labels) : [];
}

/** The name that all pods have for a port, and for nothing else. */
export function portName(
  pods: readonly Pod[],
  { protocol, port }: Pick<PortScope, 'protocol' | 'port'>,
): string | undefined {
  const [first, ...others] = pods;
  const isNamed = (pod: Pod, name: string): boolean => {
    const same = pod.namedPorts.filter((each) => each.name === name);
    return same.length > 0 && same.every((each) => each.port === port && each.protocol === protocol);
  };
  return first?.namedPorts
    .map(({ name }) => name)
    .toSorted()
    .find((name) => isNamed(first, name) && others.every((pod) => isNamed(pod, name)));
}
