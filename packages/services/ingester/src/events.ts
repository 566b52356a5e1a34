import { counter, type Logger, type Metrics } from '@kestrel/runtime';
import type { Loss } from './core/mirror/mirror-listener.ts';
import { type Finding, lossReasonToJSON } from '@kestrel/proto/events';

/** The ingester's business events: each is a counter with few labels, and a log line where it is rare. */
export interface IngesterEvents {
  /** A batch was acknowledged. */
  stored(batch: { records: number; tombstones: number }): void;
  /** The stream says what the mirror says, after a take-over. */
  reconciled(result: { published: number; unchanged: number; tombstones: number; objects: number }): void;
  /** An object exists but has no record. */
  lost(loss: Loss): void;
  found(finding: Finding): void;
  /** This process is the active ingester from now on. */
  leads(o: { term: number; fence: number; inStream: number }): void;
  /** Writing ended and begins anew with a scan of the stream. */
  restarts(error: unknown): void;
}

export function createIngesterEvents(log: Logger, metrics: Metrics): IngesterEvents {
  const published = counter<'type'>(metrics, {
    name: 'kestrel_ingester_published_total',
    help: 'Messages that JetStream acknowledged on KESTREL_RESOURCES',
    labelNames: ['type'],
  });
  const losses = counter<'kind' | 'reason'>(metrics, {
    name: 'kestrel_ingester_losses_total',
    help: 'Objects that exist but have no record',
    labelNames: ['kind', 'reason'],
  });
  const findings = counter<'code'>(metrics, {
    name: 'kestrel_ingester_findings_total',
    help: 'Findings reported',
    labelNames: ['code'],
  });
  const takeovers = counter(metrics, {
    name: 'kestrel_ingester_takeovers_total',
    help: 'Times that this process became the active ingester, or began to write anew',
  });
  const restarts = counter(metrics, {
    name: 'kestrel_ingester_writer_restarts_total',
    help: 'Times that writing ended with an error and began anew',
  });
  return {
    stored: ({ records, tombstones }) => {
      if (records > 0) published.inc({ type: 'record' }, records);
      if (tombstones > 0) published.inc({ type: 'tombstone' }, tombstones);
    },
    reconciled: (result) => log.info(result, 'stream is reconciled with the cluster'),
    lost: ({ reason, object, detail }) => {
      const { kind, namespace, name } = object;
      losses.inc({ kind, reason: lossReasonToJSON(reason) });
      log.warn({ kind, namespace, name, reason: lossReasonToJSON(reason), detail }, 'object has no record');
    },
    found: ({ code, summary }) => {
      findings.inc({ code });
      log.warn({ code, summary }, 'finding is reported');
    },
    leads: (o) => {
      takeovers.inc();
      log.info(o, 'writes to the stream');
    },
    restarts: (error) => {
      restarts.inc();
      log.warn({ err: error }, 'writing ends, and begins anew with a scan of the stream');
    },
  };
}
