import type { Outcome } from '../model/cause.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { NetworkQuestion } from '../network/verdict.ts';
import type { ObservedConnection } from './observed-connection.ts';

/** What to ask a network engine about an observed connection. */
export function networkQuestion(connection: ObservedConnection): NetworkQuestion {
  const { source, destination, protocol, port, request, sourceHidden } = connection;
  return {
    source,
    destination,
    protocol,
    port,
    ...(request !== undefined && { request }),
    ...(sourceHidden && { sourceHidden }),
  };
}

/** The outcome for an observed connection, quickly: the same as the verdict's. */
export function networkOutcome(engine: NetworkEngine, connection: ObservedConnection): Outcome {
  if (connection.sourceHidden) return engine.verdict(networkQuestion(connection)).outcome;
  const { source, destination, protocol, port, request } = connection;
  let found: Outcome | undefined;
  for (const [from, to] of engine.pairs(source, destination)) {
    const outcome = engine.outcome(from, to, protocol, port, request);
    if (outcome === 'unknown' || (found !== undefined && found !== outcome)) return 'unknown';
    found = outcome;
  }
  return found ?? 'unknown';
}
