import type { Protocol } from '../model/cluster.ts';
import type { NetworkProfile } from '../model/profile.ts';
import { compileNetwork } from '../network/engine/compile-network.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { EndpointQuery } from '../network/peer.ts';
import { readManifests } from '../parse/read-manifests.ts';
import { allTraffic, isDual, worldObjects } from './arbitrary-world.ts';
import type { RawEnd, RawTraffic, RawWorld } from './reference/world.ts';

/** One question that the engine and the reference answer differently. */
export interface Difference {
  readonly question: string;
  readonly reference: boolean;
  readonly engine: string;
}

/**
 * Asks engine and reference all the traffic of a world, each in two ways of the engine (the verdict, and the segments of the
 * connection). Returns the number of verdicts and the first difference.
 */
export function compare(
  world: RawWorld,
  policies: readonly unknown[],
  profile: NetworkProfile,
  reference: (traffic: RawTraffic) => boolean,
): { readonly verdicts: number; readonly difference: Difference | undefined } {
  const engine = engineFor(world, policies, profile);
  const query = queries();
  const traffic = allTraffic(world);
  for (const each of traffic) {
    const expected = reference(each);
    const actual = engine.verdict({
      source: query(each.source),
      destination: query(each.destination),
      protocol: each.protocol,
      port: each.port,
    });
    const answers = new Set([actual.outcome, ...bySegments(engine, query, each)]);
    const wanted = expected ? 'allowed' : 'denied';
    if (answers.size === 1 && answers.has(wanted)) continue;
    const engineText = `${[...answers].join(' / ')}: ${actual.reason} ${JSON.stringify(actual.causes)}`;
    return {
      verdicts: traffic.length,
      difference: { question: questionText(each), reference: expected, engine: engineText },
    };
  }
  return { verdicts: traffic.length, difference: undefined };
}

/** An engine on the manifests of a world. A policy that the engine finds fault with is an error of the generator. */
export function engineFor(world: RawWorld, policies: readonly unknown[], profile: NetworkProfile): NetworkEngine {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...worldObjects(world), ...policies] });
  const cluster = readManifests([{ source: 'world.json', text }]);
  const engine = compileNetwork(cluster, { profile });
  const faults = [...cluster.problems, ...engine.problems].filter(({ severity }) => severity === 'error');
  if (faults.length > 0) throw new Error(`the generator made a faulty object: ${JSON.stringify(faults)}`);
  return engine;
}

/** Questions of ends; the same object for the same end, so that the engine can keep what it found. */
function queries(): (end: RawEnd) => EndpointQuery {
  const known = new Map<string, EndpointQuery>();
  return (end) => {
    const key = endText(end);
    let query = known.get(key);
    if (query === undefined) {
      query =
        end.kind === 'pod'
          ? { pod: { namespace: end.pod.namespace, name: end.pod.name }, ...(isDual(end) && { ip: end.ip }) }
          : { ip: end.kind === 'node' ? end.node.ip : end.ip };
      known.set(key, query);
    }
    return query;
  };
}

function bySegments(engine: NetworkEngine, query: (end: RawEnd) => EndpointQuery, traffic: RawTraffic): Set<string> {
  const { source, destination, protocol, port } = traffic;
  // A pod's traffic to itself is a matter of the question: segments are of peers, of which the pod is only one.
  if (source.kind === 'pod' && destination.kind === 'pod' && source.pod === destination.pod) return new Set();
  const pairs = engine.pairs(query(source), query(destination));
  return new Set(
    pairs.flatMap(([from, to]) => [
      segmentOutcome(engine, from, to, protocol, port),
      engine.outcome(from, to, protocol, port),
    ]),
  );
}

function segmentOutcome(engine: NetworkEngine, from: number, to: number, protocol: Protocol, port: number): string {
  const found = engine
    .connection(from, to)
    .filter((segment) => segment.protocol === protocol && segment.from <= port && port <= segment.to);
  return found.length === 1 && found[0] !== undefined ? found[0].outcome : `${found.length} segments`;
}

function endText(end: RawEnd): string {
  if (end.kind === 'pod') return `${end.pod.namespace}/${end.pod.name}${isDual(end) ? ` by ${end.ip}` : ''}`;
  return end.kind === 'node' ? end.node.name : end.ip;
}

function questionText({ source, destination, protocol, port }: RawTraffic): string {
  return `${endText(source)} → ${endText(destination)} ${protocol}/${port}`;
}
