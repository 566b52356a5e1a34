import { counter, gauge, type Metrics } from '@kestrel/runtime';

/** What all reflectors of a service count. */
export type ReflectorMetrics = ReturnType<typeof createReflectorMetrics>;

/** Registers the reflectors' metrics; once per registry. */
export function createReflectorMetrics(metrics: Metrics) {
  return {
    syncs: counter<'resource' | 'mode'>(metrics, {
      name: 'kestrel_kube_syncs_total',
      help: 'Full syncs that were completed',
      labelNames: ['resource', 'mode'],
    }),
    events: counter<'resource' | 'type'>(metrics, {
      name: 'kestrel_kube_events_total',
      help: 'Objects listed and watch events received',
      labelNames: ['resource', 'type'],
    }),
    undecodable: counter<'resource' | 'reason'>(metrics, {
      name: 'kestrel_kube_undecodable_total',
      help: 'Objects and events that could not be decoded',
      labelNames: ['resource', 'reason'],
    }),
    ends: counter<'resource' | 'reason'>(metrics, {
      name: 'kestrel_kube_watch_ends_total',
      help: 'Syncs and watches that ended, by reason',
      labelNames: ['resource', 'reason'],
    }),
    objects: gauge<'resource'>(metrics, {
      name: 'kestrel_kube_objects',
      help: 'Objects of the kind that the API server has, as far as known',
      labelNames: ['resource'],
    }),
  };
}
