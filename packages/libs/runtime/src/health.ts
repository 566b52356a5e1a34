import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { gauge } from './metrics.ts';
import { redactText } from './redaction.ts';

/** More parts than this in one service is a mistake, most likely a name made from data. */
const componentsMax = 64;

export interface ComponentState {
  ready: boolean;
  /** Why it is not ready; absent when it is. */
  reason?: string;
  /** Epoch milliseconds at which `ready` took its present value. */
  sinceMs: number;
}

export interface Readiness {
  /** All components are ready and the service is not shutting down. */
  ready: boolean;
  components: Record<string, ComponentState>;
}

/** One part of a service that can be unready on its own: the bus, the cloud link, the first sync. */
export interface Component {
  readonly ready: () => void;
  /** `reason` is a stable short sentence for people, without counters: each new one is logged. */
  readonly notReady: (reason: string) => void;
}

/** What /readyz answers from. */
export interface Health {
  /** The component of that name, made on first use: not ready, "starting". */
  component(name: string): Component;
  readiness(): Readiness;
  /** From now on the service is not ready, whatever its components say. */
  shuttingDown(): void;
}

/** Health whose every change is one log line and the gauge `kestrel_ready{component}`. */
export function createHealth(options: { log: Logger; metrics: Metrics; clock: Clock }): Health {
  const { log, clock } = options;
  const states = new Map<string, ComponentState>();
  let stopping = false;
  const readyGauge = gauge(options.metrics, {
    name: 'kestrel_ready',
    help: 'Whether a component is ready (1) or not (0)',
    labelNames: ['component'],
  });

  const enter = (name: string, ready: boolean, reason?: string) => {
    const before = states.get(name);
    if (before?.ready === ready && before.reason === reason) return;
    const sinceMs = before?.ready === ready ? before.sinceMs : clock.nowMs();
    states.set(name, { ready, sinceMs, ...(reason === undefined ? {} : { reason }) });
    readyGauge.set({ component: name }, ready ? 1 : 0);
    if (before === undefined) return;
    if (ready) log.info({ component: name }, 'component is ready');
    else log.warn({ component: name, reason }, 'component is not ready');
  };

  const component = (name: string): Component => {
    if (!states.has(name)) {
      if (states.size >= componentsMax) throw new RangeError(`more than ${componentsMax} health components: ${name}`);
      enter(name, false, 'starting');
    }
    return { ready: () => enter(name, true), notReady: (reason) => enter(name, false, redactText(reason)) };
  };

  return {
    component,
    readiness: () => ({
      ready: !stopping && [...states.values()].every((state) => state.ready),
      components: Object.fromEntries([...states].map(([name, state]) => [name, { ...state }])),
    }),
    shuttingDown: () => {
      component('lifecycle').notReady('shutting down');
      stopping = true;
    },
  };
}
