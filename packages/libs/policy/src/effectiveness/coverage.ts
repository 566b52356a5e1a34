import type { AuthorizationEngine } from '../authorization/request.ts';
import { deniedSubjects } from '../matrix/denied-subjects.ts';
import { hostNetworkWorkloads, workloadEnds } from '../matrix/ends.ts';
import type { End } from '../matrix/ends.ts';
import { PORTS_OF } from '../network/engine/port-match.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction } from '../network/rule.ts';
import type { Coverage } from './effectiveness.ts';
import type { RuleHits } from './rule-hits.ts';

const DIRECTIONS: readonly Direction[] = ['ingress', 'egress'];

/** How much of the cluster the policies are about. */
export function coverageOf(
  network: NetworkEngine,
  authorization: AuthorizationEngine | undefined,
  hits: RuleHits | undefined,
): Coverage {
  const workloads = workloadEnds(network);
  const uncovered = { ingress: [] as string[], egress: [] as string[] };
  const open = { ingress: [] as string[], egress: [] as string[] };
  let sum = 0;
  for (const direction of DIRECTIONS) {
    const denied = deniedSubjects(network, direction);
    const isOpen = openToTheWorld(network, direction);
    for (const { id, peers } of workloads) {
      if (peers.some((peer) => !denied.has(peer))) uncovered[direction].push(id);
      else if (peers.some(isOpen)) open[direction].push(id);
      else sum += 1;
    }
    sum += open[direction].length / 2;
  }
  return {
    score: workloads.length === 0 ? 100 : (100 * sum) / (2 * workloads.length),
    workloads: workloads.length,
    uncovered,
    open,
    hostNetwork: hostNetworkWorkloads(network),
    authorization: authorizationCoverage(authorization, workloads),
    traffic: hits && { governed: hits.governed, observed: hits.observed },
  };
}

/** Whether every address outside is allowed on every TCP port; the same for all subjects with the same rules. */
function openToTheWorld(engine: NetworkEngine, direction: Direction): (peer: PeerIndex) => boolean {
  const known = new Map<number, boolean>();
  return (peer) => {
    const subjectClass = engine.subjectClass(direction, peer);
    let open = known.get(subjectClass);
    if (open === undefined) {
      open = engine
        .reach(direction, peer)
        .filter(({ peers }) => peers.some((each) => engine.peers[each]?.kind === 'range'))
        .every(({ segments }) =>
          segments.some(
            ({ protocol, outcome, from, to }) =>
              protocol === 'TCP' && outcome === 'allowed' && from === PORTS_OF.TCP.from && to === PORTS_OF.TCP.to,
          ),
        );
      known.set(subjectClass, open);
    }
    return open;
  };
}

function authorizationCoverage(
  engine: AuthorizationEngine | undefined,
  workloads: readonly End[],
): Coverage['authorization'] {
  const uncovered = workloads.filter(({ workload }) => {
    if (engine === undefined || workload === undefined) return true;
    const policies = engine.applying({ namespace: workload.namespace, workload, port: PORTS_OF.TCP.from });
    return !policies.some((policy) => isEnforced(policy));
  });
  return { covered: workloads.length - uncovered.length, uncovered: uncovered.map(({ id }) => id) };
}

function isEnforced({ specs, annotations }: ReturnType<AuthorizationEngine['applying']>[number]): boolean {
  const action = specs[0]?.body['action'] ?? 'ALLOW';
  return (action === 'ALLOW' || action === 'DENY') && annotations.get('istio.io/dry-run') !== 'true';
}
