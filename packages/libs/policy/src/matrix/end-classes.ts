import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Pattern, Patterns } from './patterns.ts';
import { Rows, sealedPeers } from './rows.ts';
import type { Row } from './rows.ts';

/** Peers that are alike: as source, as destination, and in what everybody says to them. */
export interface EndClass {
  readonly id: number;
  readonly representative: PeerIndex;
}

/**
 * The peers of an engine in classes. Whoever asks about pairs asks about pairs of classes: replicas and workloads that no
 * policy tells apart cost nothing, and what is left costs two look-ups a pair.
 */
export class EndClasses {
  readonly #patterns: Patterns;
  readonly #rows: Rows;
  readonly #classOf: readonly (EndClass | undefined)[];

  constructor(engine: NetworkEngine, patterns: Patterns) {
    this.#patterns = patterns;
    this.#rows = new Rows(engine, patterns);
    const peers = sealedPeers(engine);
    const columns = columnsOf(
      new Set(peers.flatMap(({ index }) => [this.#rows.of('egress', index), this.#rows.of('ingress', index)])),
      (peers.at(-1)?.index ?? -1) + 1,
    );
    const classes = new Map<string, EndClass>();
    const classOf: (EndClass | undefined)[] = [];
    for (const { index } of peers) {
      const [egress, ingress] = [this.#rows.of('egress', index), this.#rows.of('ingress', index)];
      const key = `${egress.id} ${ingress.id} ${columns[index]}`;
      let found = classes.get(key);
      if (found === undefined) {
        found = { id: classes.size, representative: index };
        classes.set(key, found);
      }
      classOf[index] = found;
    }
    this.#classOf = classOf;
  }

  /** Undefined for peers that questions added after the policies were compiled. */
  classOf(peer: PeerIndex): EndClass | undefined {
    return this.#classOf[peer];
  }

  /** What holds between two different members of two classes (or of one). */
  pattern(source: EndClass, destination: EndClass): Pattern {
    return this.#patterns.both(
      this.#rows.side('egress', source.representative, destination.representative),
      this.#rows.side('ingress', destination.representative, source.representative),
    );
  }
}

/** A number for each peer, equal for peers that get the same from every row. Splits by what is not usual in a row. */
function columnsOf(rows: Iterable<Row>, size: number): Int32Array {
  const column = new Int32Array(size);
  let columns = 1;
  for (const { others } of rows) {
    const split = new Map<number, Map<Pattern, number>>();
    for (const [peer, pattern] of others) {
      const before = column[peer] ?? 0;
      let ofColumn = split.get(before);
      if (ofColumn === undefined) {
        ofColumn = new Map();
        split.set(before, ofColumn);
      }
      let next = ofColumn.get(pattern);
      if (next === undefined) {
        next = columns;
        columns += 1;
        ofColumn.set(pattern, next);
      }
      column[peer] = next;
    }
  }
  return column;
}
