import type { AuthorizationEngine, AuthorizationRequest, AuthorizationVerdict } from '../authorization/request.ts';
import type { Policy } from '../model/policy.ts';
import type { AuthorizationProfile } from '../model/profile.ts';
import { authorizationQuestions, authorizationTraffic } from '../traffic/authorization-question.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import { policyText } from './policy-change.ts';
import type { PolicyChanges } from './policy-change.ts';

/** An observed request (or connection) whose authorization changes. */
export interface AuthorizationChange {
  readonly connection: ObservedConnection;
  readonly before: AuthorizationVerdict;
  readonly after: AuthorizationVerdict;
}

interface Engines {
  readonly before: AuthorizationEngine;
  readonly after: AuthorizationEngine;
}

/** Judges anew the observed requests to destinations where other policies apply than before. */
export function changedRequests(
  { before, after }: Engines,
  change: PolicyChanges,
  edges: readonly ObservedConnection[],
): { readonly judged: number; readonly changes: readonly AuthorizationChange[] } {
  const ask = authorizationQuestions();
  const isTouched = touchedDestinations({ before, after }, change, after.profile);
  const changes: AuthorizationChange[] = [];
  let judged = 0;
  for (const connection of authorizationTraffic(edges)) {
    const request = ask(connection);
    if (request === undefined || !isTouched(request)) continue;
    judged += 1;
    if (before.outcome(request) === after.outcome(request)) continue;
    changes.push({ connection, before: before.verdict(request), after: after.verdict(request) });
  }
  return { judged, changes };
}

function touchedDestinations(
  { before, after }: Engines,
  { everything, changed }: PolicyChanges,
  { rootNamespace }: AuthorizationProfile,
): (request: AuthorizationRequest) => boolean {
  if (everything) return () => true;
  const namespaces = new Set(
    changed.filter(({ ref }) => ref.kind.endsWith('Authentication')).map(({ ref }) => ref.namespace),
  );
  const anyPolicy = changed.some(({ ref }) => ref.kind === 'AuthorizationPolicy');
  const known = new Map<AuthorizationRequest['destination'], boolean>();
  return ({ destination }) => {
    // PeerAuthentication and RequestAuthentication decide which principals and claims there are.
    if (namespaces.has(rootNamespace) || namespaces.has(destination.namespace)) return true;
    if (!anyPolicy) return false;
    let touched = known.get(destination);
    if (touched === undefined) {
      touched = !sameTexts(before.applying(destination), after.applying(destination));
      known.set(destination, touched);
    }
    return touched;
  };
}

function sameTexts(a: readonly Policy[], b: readonly Policy[]): boolean {
  return a.length === b.length && a.every((policy, index) => sameText(policy, b[index]));
}

function sameText(a: Policy, b: Policy | undefined): boolean {
  return b !== undefined && (a === b || policyText(a) === policyText(b));
}
