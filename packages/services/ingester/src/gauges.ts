import { gauge, type Metrics } from '@kestrel/runtime';
import type { Mirror } from './core/mirror/mirror.ts';
import type { Leadership } from './egress/leadership.ts';

/** Gauges that are read when somebody asks. There is no leadership before there is a bus. */
export function registerGauges(
  metrics: Metrics,
  o: { mirror: Mirror; leadership: () => Leadership | undefined },
): void {
  const { mirror, leadership } = o;
  gauge<'kind'>(metrics, {
    name: 'kestrel_ingester_objects',
    help: 'Objects of the mirror',
    labelNames: ['kind'],
    collect() {
      for (const state of mirror.kinds) this.set({ kind: state.kind.id }, state.entries.size);
    },
  });
  gauge(metrics, {
    name: 'kestrel_ingester_unreadable_objects',
    help: 'Objects that exist now but have no present record',
    collect() {
      this.set([...mirror.kinds].reduce((sum, state) => sum + state.unreadable.size, 0));
    },
  });
  gauge(metrics, {
    name: 'kestrel_ingester_active',
    help: 'Whether this process writes (1) or stands by (0)',
    collect() {
      this.set(leadership()?.progress === undefined ? 0 : 1);
    },
  });
  gauge(metrics, {
    name: 'kestrel_ingester_waiting_changes',
    help: 'Changes that JetStream has not acknowledged yet',
    collect() {
      this.set(leadership()?.progress?.waiting ?? 0);
    },
  });
}
