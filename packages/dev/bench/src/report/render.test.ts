import { describe, expect, test } from 'vitest';
import { atLeast, atMost, measured, notMeasured } from './measure.ts';
import { markdownTable, textTable, verdict } from './render.ts';
import type { Report } from './report.ts';

const report: Report = {
  bench: 'ingest',
  full: true,
  machine: {
    cpu: 'Test CPU',
    cores: 2,
    memoryGiB: 24,
    kernel: 'Linux 6.1 x64',
    node: 'v24.21.0',
    nodeOptions: '--max-semi-space-size=16',
    compileCache: true,
    natsServer: '2.15.2',
    disk: { fsyncP50Ms: 0.5, fsyncP99Ms: 2 },
    loadAverage: 0.1,
    at: '2026-11-24T22:00:00.000Z',
  },
  results: [
    measured({ metric: 'cpu', unit: 's', target: atMost(1.5) }, [1.7]),
    measured({ metric: 'events', unit: '/s', target: atLeast(60_000) }, [75_000.4]),
    notMeasured({ metric: 'slow disk', unit: 'ms', target: atMost(250) }, 'Go is missing'),
    measured({ metric: 'ready', unit: 's' }, [0.4]),
  ],
};

describe('render', () => {
  test('given a missed target, then every form says so', () => {
    expect(verdict(report)).toBe('1 of 3 targets met; missed: cpu, slow disk.');
    for (const text of [textTable(report), markdownTable(report)]) {
      expect(text).toMatch(/cpu .*1\.7.*≤ 1\.5.*MISSED/);
      expect(text).toMatch(/events .*75,000.*≥ 60,000.*met/);
      expect(text).toContain('slow disk: not measured: Go is missing');
    }
  });

  test('given node options and a compile cache, then they are stated with the machine', () => {
    expect(textTable(report)).toContain(
      'node v24.21.0 --max-semi-space-size=16 with compile cache, nats-server 2.15.2',
    );
  });

  test('given a quick run, then nobody can take it for the real one', () => {
    expect(verdict({ ...report, full: false })).toContain('A quick run');
  });
});
