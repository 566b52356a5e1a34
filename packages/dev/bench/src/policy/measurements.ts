import process from 'node:process';
import {
  applyCandidate,
  compileAuthorization,
  compileNetwork,
  connectivityMatrix,
  detectProfile,
  effectiveness,
  readRecords,
  readTraffic,
  recommend,
  simulate,
  type Cluster,
  type NetworkEngine,
  type Outcome,
  type Profile,
  type Traffic,
} from '@kestrel/policy';
import type { Measured, Measurement } from './contract.ts';
import { collectGarbage } from './collect-garbage.ts';
import { Random } from './random.ts';
import { namespaceCount, namespaceName, type Size } from './shape.ts';
import { edges } from './synthetic-edges.ts';
import { records } from './synthetic-records.ts';

/** Verdicts that are asked for; enough for a second and more. */
const OUTCOMES = 1_000_000;
const VERDICTS = 20_000;
const SEED = 4;
/** The time of the recommendation: after the last edge. */
const NOW = new Date('2026-11-20T01:00:00Z');

interface State {
  readonly cluster: Cluster;
  readonly profile: Profile;
}

/** Prepares what is needed, then does the thing once and says what it took. */
export const MEASURE: Readonly<Record<Measurement, (size: Size) => Measured>> = {
  read: (size) => {
    const given = records(size);
    return timed(
      1,
      () => readRecords(given),
      ({ pods, policies }) => ({ pods: pods.length, policies: policies.length }),
    );
  },
  compile: (size) => {
    const { cluster, profile } = state(size);
    const compile = (): { rules: number; peers: number } => {
      const { rules, peers } = compileNetwork(cluster, { profile: profile.network });
      compileAuthorization(cluster, profile.authorization);
      return { rules: rules.length, peers: peers.length };
    };
    return timed(1, compile, (compiled) => compiled);
  },
  outcomes: (size) => {
    const { cluster, profile } = state(size);
    return outcomes(compileNetwork(cluster, { profile: profile.network }));
  },
  verdicts: (size) => {
    const { cluster, profile } = state(size);
    const questions = traffic(size).connections.slice(0, VERDICTS);
    const engine = compileNetwork(cluster, { profile: profile.network });
    return timed(questions.length, () => questions.map((question) => engine.verdict(question).outcome), count);
  },
  matrix: (size) => {
    const { cluster, profile } = state(size);
    const engine = compileNetwork(cluster, { profile: profile.network });
    return timed(
      1,
      () => connectivityMatrix(engine),
      ({ connections, ranges }) => ({ connections: connections.length, ranges: ranges.length }),
    );
  },
  simulate: (size) => {
    const { cluster, profile } = state(size);
    const { connections, evidence } = traffic(size);
    const { cluster: after } = applyCandidate(cluster, [{ source: 'candidate', text: candidate(size) }]);
    return timed(
      1,
      () => simulate({ before: cluster, after, profile, edges: connections, evidence }),
      ({ observed, connections: all }) => ({
        observed: observed.length,
        opened: all.added.length,
        closed: all.removed.length,
      }),
    );
  },
  effectiveness: (size) => {
    const { cluster, profile } = state(size);
    const { connections, evidence } = traffic(size);
    return timed(
      1,
      () => effectiveness({ cluster, profile, edges: connections, evidence }),
      ({ policies }) => ({ policies: policies.length }),
    );
  },
  recommend: (size) => {
    const { cluster, profile } = state(size);
    const given = traffic(size).connections;
    return timed(
      1,
      () => recommend({ cluster, profile, edges: given, kind: 'networkpolicy', mode: 'namespace', now: NOW }),
      ({ manifests, subjects }) => ({ manifests: manifests.length, subjects: subjects.length }),
    );
  },
};

function state(size: Size): State {
  const cluster = readRecords(records(size));
  return { cluster, profile: detectProfile(cluster) };
}

function traffic(size: Size): Traffic {
  return readTraffic(edges(size));
}

/** Verdicts of random pairs on random ports, so that what is kept from earlier ones seldom helps. */
function outcomes(engine: NetworkEngine): Measured {
  const random = new Random(SEED);
  const peers = engine.peers.flatMap(({ kind, index }) => (kind === 'pod' || kind === 'range' ? [index] : []));
  const ports = [53, 443, 5432, 8080, 9000];
  const ask = (): Record<Outcome, number> => {
    const found = { allowed: 0, denied: 0, unknown: 0 };
    for (let asked = 0; asked < OUTCOMES; asked += 1) {
      const source = peers[random.below(peers.length)] ?? 0;
      const destination = peers[random.below(peers.length)] ?? 0;
      found[engine.outcome(source, destination, 'TCP', ports[random.below(ports.length)] ?? 443)] += 1;
    }
    return found;
  };
  return timed(OUTCOMES, ask, (found) => found);
}

/** A change of every tenth namespace: one workload is closed, another is opened to everybody. */
function candidate(size: Size): string {
  const namespaces = Math.ceil(namespaceCount(size) / 10);
  const policies = Array.from({ length: namespaces }, (_, at) => [
    policy(at * 10, 'close-api', { podSelector: { matchLabels: { app: 'api' } }, policyTypes: ['Ingress', 'Egress'] }),
    policy(at * 10, 'open-cache', { podSelector: { matchLabels: { app: 'cache' } }, ingress: [{}], egress: [{}] }),
  ]);
  return policies
    .flat()
    .map((each) => JSON.stringify(each))
    .join('\n---\n');
}

function policy(namespace: number, name: string, spec: object): object {
  const metadata = { name, namespace: namespaceName(namespace) };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec };
}

function count(found: readonly Outcome[]): Record<Outcome, number> {
  const counts = { allowed: 0, denied: 0, unknown: 0 };
  for (const outcome of found) counts[outcome] += 1;
  return counts;
}

function timed<T>(times: number, run: () => T, outcome: (result: T) => Record<string, number>): Measured {
  // What preparing has left behind is none of the measurement's.
  collectGarbage();
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(cpu);
  const wallSeconds = (performance.now() - startedMs) / 1_000;
  return { cpuSeconds: (user + system) / 1e6, wallSeconds, times, outcome: outcome(result) };
}
