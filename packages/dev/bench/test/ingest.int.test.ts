import { expect, test } from 'vitest';
import { bench, reportSchema } from '../src/index.ts';

test('given a small cluster, when ingest is measured for real, then every metric has a value and a restart publishes nothing', async () => {
  const report = await bench('ingest', { quick: true, signal: AbortSignal.timeout(55_000), say: () => undefined });

  expect(reportSchema.parse(report)).toEqual(report);
  expect(report).toMatchObject({ bench: 'ingest', full: false });
  expect(report.machine.natsServer).toMatch(/^2\./);
  expect(report.results.filter((result) => result.value === null)).toEqual([]);
  const metric = (name: string) => report.results.find((result) => result.metric === name);
  expect(metric('100 pods: published again after a restart')).toMatchObject({ value: 0, ok: true });
  expect(metric('100 pods: CPU')?.value).toBeGreaterThan(0);
  expect(metric('100 pods: stored record')?.value).toBeGreaterThan(500);
  expect(metric('100 pods by pages: peak RSS')?.value).toBeGreaterThan(0);
});
