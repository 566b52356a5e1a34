import type { Profile } from '../model/profile.ts';
import type { TrafficEvidence } from '../traffic/read-traffic.ts';
import { timeText } from './observed-text.ts';
import type { SimulationNote } from './simulation.ts';

/** What limits what a simulation says. */
export function simulationNotes({
  profile: { network },
  evidence,
  everything,
}: {
  readonly profile: Profile;
  readonly evidence: TrafficEvidence;
  /** More than policies changes. */
  readonly everything: boolean;
}): readonly SimulationNote[] {
  const notes: SimulationNote[] = [
    {
      code: 'established-connections',
      message:
        'Most data planes judge a connection when it is opened: one that is open stays open, and a change shows with the next one.',
    },
  ];
  if (evidence.connections === 0) {
    notes.push({
      code: 'no-traffic',
      message: 'No traffic was given: what changes for connections that are in use is not known.',
    });
  } else {
    const [since, last] = [timeText(evidence.observedSinceMs) ?? 'unknown', timeText(evidence.lastSeenMs) ?? 'unknown'];
    notes.push({
      code: 'observed-span',
      message: `Traffic was observed from ${since} to ${last}: what happens more rarely is not in it.`,
    });
    if (!evidence.complete) notes.push({ code: 'incomplete-traffic', message: incompleteText(evidence) });
  }
  if (network.kind === 'unknown') {
    notes.push({
      code: 'profile-unknown',
      message: 'Who enforces network policies is not known: only what holds under every profile is told for sure.',
    });
  }
  if (network.kind === 'cilium' && network.auditMode) {
    notes.push({
      code: 'audit-mode',
      message: 'Policies are in audit mode: nothing is denied before or after the change.',
    });
  }
  if (everything) {
    notes.push({
      code: 'cluster-changes',
      message:
        'More than policies changes: verdicts before the change are those of the old policies on the new cluster.',
    });
  }
  return notes;
}

function incompleteText({ incompleteEdges, connections, sampled, losses }: TrafficEvidence): string {
  const lost = losses.map(({ reason, count }) => `${reason} ${count === 0 ? '(uncounted)' : `(at least ${count})`}`);
  return (
    [
      `Of ${connections} observed connections ${incompleteEdges} rest on incomplete records`,
      ...(sampled ? ['the source samples'] : []),
      ...(lost.length > 0 ? [`lost: ${lost.join(', ')}`] : []),
    ].join('; ') + ': there may be connections that nobody saw.'
  );
}
