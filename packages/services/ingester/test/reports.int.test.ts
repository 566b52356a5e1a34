import { ensureStreams, EventIds } from '@kestrel/bus';
import { LossReason } from '@kestrel/proto/events';
import { createMetrics, systemClock } from '@kestrel/runtime';
import { eventually } from '@kestrel/testkit';
import { expect, test } from 'vitest';
import { DEFAULT_SHRINK_RULE } from '../src/core/mass-shrink.ts';
import { Mirror } from '../src/core/mirror/mirror.ts';
import { annotationFilter } from '../src/core/normalize/annotation-filter.ts';
import { ReportWriter } from '../src/egress/report-writer.ts';
import { kindTable } from '../src/kinds/kind-table.ts';
import { connectAs, readEvents, silentLog, startTestBus } from './support.ts';

const [namespaces] = kindTable({ istioRootNamespace: 'istio-system' });

function newMirror(): Mirror {
  return new Mirror({
    kinds: namespaces === undefined ? [] : [namespaces],
    annotations: annotationFilter([]),
    selectedWorkloadsMax: 1,
    joinDelayMs: 0,
    shrinkRule: DEFAULT_SHRINK_RULE,
    clock: systemClock,
    onFailure: (error) => {
      throw error;
    },
  });
}

test('given a report writer, when the lease is not held, then it reports nothing: its successor does', async () => {
  await using bus = await startTestBus();
  await using connection = await connectAs(bus, 'ingester');
  await using inspector = await connectAs(bus, 'inspector');
  await ensureStreams(connection, ['KESTREL_EVENTS'], { log: silentLog() });
  await using mirror = newMirror();
  const lease = { held: true, stillHeld: () => lease.held };
  await using _reports = new ReportWriter(connection, {
    lease,
    mirror,
    ids: new EventIds('i', 'b'),
    source: '/t',
    ackTimeoutMs: 5_000,
    clock: systemClock,
    log: silentLog(),
    metrics: createMetrics({ service: 'test' }),
  });
  const lose = (name: string) => {
    if (namespaces === undefined) throw new Error('no kind');
    const problem = { reason: LossReason.OVERSIZE, detail: 'too large' };
    mirror.unreadable(namespaces, { namespace: '', name, uid: name }, problem);
  };
  lose('before');
  lease.held = false;
  lose('between');
  lease.held = true;
  lose('after');
  const events = await eventually(async () => {
    const read = await readEvents(inspector);
    return read.length >= 2 ? read : undefined;
  });
  expect(events).toMatchObject([{ json: { object: { name: 'before' } } }, { json: { object: { name: 'after' } } }]);
  expect(events).toHaveLength(2);
});
