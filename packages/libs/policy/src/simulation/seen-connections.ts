import { parseAddress } from '../address/address.ts';
import type { Address } from '../address/address.ts';
import { parseRange, rangeContains } from '../address/cidr.ts';
import type { AddressRange } from '../address/cidr.ts';
import { refText } from '../model/object-ref.ts';
import type { EndpointQuery } from '../network/peer.ts';
import type { ConnectionChange } from '../matrix/matrix-difference.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import type { Seen } from './simulation.ts';

/** Observed connections by their ends, to tell of each changed connection how many of them it is about. */
export class SeenConnections {
  readonly #inside = new Map<string, ObservedConnection[]>();
  /** Those with an address at an end, by the workload at the other. */
  readonly #outside = new Map<string, { readonly address: Address; readonly connection: ObservedConnection }[]>();

  readonly #ranges = new Map<string, AddressRange>();

  constructor(connections: readonly ObservedConnection[]) {
    for (const connection of connections) {
      const [src, dst] = [idOf(connection.source), idOf(connection.destination)];
      if (src !== undefined && dst !== undefined) {
        append(this.#inside, `${src} > ${dst}`, connection);
        continue;
      }
      const text = src === undefined ? connection.source.ip : connection.destination.ip;
      const address = text === undefined ? undefined : parseAddress(text);
      if (address === undefined) continue;
      if (src !== undefined) append(this.#outside, `${src} >`, { address, connection });
      if (dst !== undefined) append(this.#outside, `> ${dst}`, { address, connection });
    }
  }

  /** The range that an end is; undefined for workloads, nodes and entities. */
  #range(text: string): AddressRange | undefined {
    // Kinds stand in brackets at the end.
    if (text.endsWith(']')) return undefined;
    const range = this.#ranges.get(text) ?? parseRange(text);
    if (range !== undefined) this.#ranges.set(text, range);
    return range;
  }

  /** A change with how many of the observed connections are among what it is about. */
  count<T extends ConnectionChange>(change: T): T & Seen {
    const { src, dst, ports } = change;
    const [from, to] = [this.#range(src), this.#range(dst)];
    const range = from ?? to;
    const candidates =
      range === undefined
        ? (this.#inside.get(`${src} > ${dst}`) ?? [])
        : (this.#outside.get(from === undefined ? `${src} >` : `> ${dst}`) ?? [])
            .filter(({ address }) => rangeContains(range, address))
            .map(({ connection }) => connection);
    const seen = candidates.filter(({ protocol, port }) =>
      (ports[protocol] ?? []).some(([first, last]) => first <= port && port <= last),
    );
    return { ...change, seen: seen.length };
  }
}

function idOf({ workload }: EndpointQuery): string | undefined {
  return workload === undefined ? undefined : refText(workload);
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
