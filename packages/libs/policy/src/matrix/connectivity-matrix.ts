import type { Cause, CauseCode } from '../model/cause.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction } from '../network/rule.ts';
import { deniedSubjects } from './denied-subjects.ts';
import { EndClasses } from './end-classes.ts';
import type { EndClass } from './end-classes.ts';
import { hostNetworkWorkloads, rangeEnds, workloadEnds } from './ends.ts';
import type { End } from './ends.ts';
import type { Matrix, MatrixConnection, MatrixGap } from './matrix.ts';
import { Patterns } from './patterns.ts';
import type { Pattern } from './patterns.ts';
import { portsWith } from './ports.ts';
import type { AllowedPorts } from './ports.ts';
import { hasSeveralPods } from './several-pods.ts';

/** So many gaps get causes that name rules and peers; those behind get what is wrong in general. */
const detailedGapsMax = 2_000;

/** Computes the matrix of an engine. Pairs of ends that no policy tells apart are computed once. */
export function connectivityMatrix(engine: NetworkEngine): Matrix {
  const patterns = new Patterns();
  const classes = new EndClasses(engine, patterns);
  const workloads = workloadEnds(engine);
  const ranges = rangeEnds(engine, (peer) => classes.classOf(peer)?.id ?? -1);
  const cells = new Cells(classes, patterns);
  const ends = [...workloads, ...ranges].map((end) => ({ end, classes: cells.classesOf(end) }));
  const connections: MatrixConnection[] = [];
  const incomplete: MatrixGap[] = [];
  for (const source of ends) {
    for (const destination of ends) {
      const { end: from } = source;
      const { end: to } = destination;
      if (from === to || (from.kind === 'range' && to.kind === 'range')) continue;
      const cell = cells.between(source.classes, destination.classes);
      if (cell === undefined) continue;
      if (cell.allow !== undefined) {
        const { allow, requestsJudged, differing } = cell;
        connections.push({
          src: from.id,
          dst: to.id,
          allow,
          ...(requestsJudged && { requestsJudged }),
          ...(differing && { differing }),
        });
      }
      if (cell.unknown !== undefined) {
        const causes = incomplete.length < detailedGapsMax ? causesBetween(engine, from, to) : cell.causes;
        incomplete.push({ src: from.id, dst: to.id, unknown: cell.unknown, causes });
      }
    }
  }
  return {
    peers: workloads.map(({ id, peers }) => ({ id, pods: podCount(engine, peers) })),
    ranges: ranges.map(({ id }) => id),
    connections,
    unprotected: {
      ingress: unprotected(engine, 'ingress', workloads),
      egress: unprotected(engine, 'egress', workloads),
    },
    within: withinWorkloads(engine, workloads, cells),
    incomplete,
    hostNetwork: hostNetworkWorkloads(engine),
    profile: engine.profile,
    problems: engine.problems,
  };
}

/** What holds between two ends. */
interface Cell {
  readonly allow: AllowedPorts | undefined;
  readonly unknown: AllowedPorts | undefined;
  /** Without rules and peers. */
  readonly causes: readonly Cause[];
  readonly requestsJudged: boolean;
  readonly differing: boolean;
}

/** Finds cells; equal ones are one object, so that a million pairs cost what their patterns do. */
class Cells {
  readonly #classes: EndClasses;
  readonly #patterns: Patterns;
  readonly #alike = new Map<Pattern, Cell>();
  readonly #differing = new Map<Pattern, Cell>();

  constructor(classes: EndClasses, patterns: Patterns) {
    this.#classes = classes;
    this.#patterns = patterns;
  }

  classesOf({ peers }: { readonly peers: readonly PeerIndex[] }): readonly EndClass[] {
    return [...new Set(peers.flatMap((peer) => this.#classes.classOf(peer) ?? []))];
  }

  between(sources: readonly EndClass[], destinations: readonly EndClass[]): Cell | undefined {
    const [source] = sources;
    const [destination] = destinations;
    if (source === undefined || destination === undefined) return undefined;
    if (sources.length === 1 && destinations.length === 1) {
      return this.#cell(this.#classes.pattern(source, destination), this.#alike);
    }
    return this.cellOf(sources.flatMap((from) => destinations.map((to) => this.#classes.pattern(from, to))));
  }

  cellOf(patterns: readonly Pattern[]): Cell | undefined {
    const union = this.#patterns.union(patterns);
    if (union === undefined) return undefined;
    return this.#cell(union, patterns.some((pattern) => pattern !== patterns[0]) ? this.#differing : this.#alike);
  }

  pattern(source: PeerIndex, destination: PeerIndex): Pattern | undefined {
    const from = this.#classes.classOf(source);
    const to = this.#classes.classOf(destination);
    return from === undefined || to === undefined ? undefined : this.#classes.pattern(from, to);
  }

  #cell(pattern: Pattern, known: Map<Pattern, Cell>): Cell {
    let cell = known.get(pattern);
    if (cell === undefined) {
      cell = {
        allow: portsWith(pattern, 'allowed'),
        unknown: portsWith(pattern, 'unknown'),
        causes: generalCauses(pattern),
        requestsJudged: pattern.segments.some(({ conditional }) => conditional),
        differing: known === this.#differing,
      };
      known.set(pattern, cell);
    }
    return cell;
  }
}

/** Pods of one peer are different pods too, unless it is just one that really runs. */
function withinWorkloads(engine: NetworkEngine, workloads: readonly End[], cells: Cells): Matrix['within'] {
  return workloads.flatMap(({ id, peers }) => {
    const patterns = peers.flatMap((source) =>
      peers.flatMap((destination) => {
        const alone = source === destination && !hasSeveralPods(engine, source);
        return alone ? [] : (cells.pattern(source, destination) ?? []);
      }),
    );
    const allow = cells.cellOf(patterns)?.allow;
    return allow === undefined ? [] : [{ peer: id, allow }];
  });
}

function unprotected(engine: NetworkEngine, direction: Direction, workloads: readonly End[]): readonly string[] {
  const denied = deniedSubjects(engine, direction);
  return workloads.filter(({ peers }) => peers.some((peer) => !denied.has(peer))).map(({ id }) => id);
}

const GENERAL: Readonly<Record<CauseCode, string>> = {
  profile: 'data planes differ here, and it is not known who enforces the policies',
  address: 'an address that decides is not known',
  node: 'on which node a pod runs is not known',
  'named-port': 'a name of a port cannot be resolved',
  dns: 'it is not known for which names DNS answered the addresses',
  'source-hidden': 'address translation may hide the source',
  unsupported: 'a policy has a part that the engine does not know',
  'workload-differs': 'pods of the workload get different answers',
  request: 'the request lacks a fact that decides',
  incomplete: 'state that decides is missing from the input',
  provider: 'an external provider decides',
};

function generalCauses({ segments }: Pattern): readonly Cause[] {
  const codes = new Set(segments.flatMap(({ causes }) => causes.map(({ code }) => code)));
  return [...codes].map((code) => ({ code, message: GENERAL[code] }));
}

function causesBetween(engine: NetworkEngine, from: End, to: End): readonly Cause[] {
  const causes = new Map<string, Cause>();
  for (const source of from.peers) {
    for (const destination of to.peers) {
      if (source === destination) continue;
      for (const segment of engine.connection(source, destination)) {
        for (const cause of segment.causes) causes.set(`${cause.code} ${cause.message}`, cause);
      }
    }
  }
  return [...causes.values()];
}

function podCount(engine: NetworkEngine, peers: readonly PeerIndex[]): number {
  return peers.flatMap((peer) => engine.podsOf(peer)).filter(({ template }) => !template).length;
}
