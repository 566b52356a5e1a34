import type { ReflectorState } from '@kestrel/kube';
import type { Component } from '@kestrel/runtime';
import type { KindState } from '../core/mirror/kind-state.ts';

/** Sets a kind's readiness from what the mirror has and what its reflector does. `watch` is undefined without a reflector. */
export function watchReadiness(component: Component, state: KindState, watch: ReflectorState | undefined): void {
  const reason = notReadyReason(state, watch);
  if (reason === undefined) component.ready();
  else component.notReady(reason);
}

function notReadyReason(state: KindState, watch: ReflectorState | undefined): string | undefined {
  if (state.phase === 'not_served') return undefined; // nothing to watch is fine
  if (state.phase === 'unavailable') return state.reason;
  if (watch?.phase === 'backoff') return watch.problem?.code ?? 'the api server does not answer';
  if (state.phase === 'waiting') return watch === undefined ? 'waits for discovery' : 'first sync';
  return undefined;
}
