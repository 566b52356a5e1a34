import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { cpuSeconds, peakRssBytes, processUsage, waitedSeconds } from './process-usage.ts';

describe('process usage', () => {
  test('given a name with brackets and spaces, then the times are still found', () => {
    const stat = '4242 (node) (x) y) S 1 4242 4242 0 -1 4194560 5 0 0 0 150 25 0 0 20 0 11 0 99 0 0';
    expect(cpuSeconds(stat)).toBe(1.75);
  });

  test('given a status, then the peak is in bytes', () => {
    expect(peakRssBytes('Name:\tnode\nVmPeak:\t  900000 kB\nVmHWM:\t   97656 kB\nVmRSS:\t 1 kB\n')).toBe(
      97_656 * 1_024,
    );
  });

  test('given a schedstat, then the second figure counts', () => {
    expect(waitedSeconds('881727000 1500000000 42\n')).toBe(1.5);
  });

  test('given what is not such a file, then it throws', () => {
    expect(() => peakRssBytes('Name:\tnode\n')).toThrow(/no number/);
    expect(() => waitedSeconds('')).toThrow(/no number/);
    expect(() => cpuSeconds('4242 (node) S 1')).toThrow(/no number/);
  });

  test('given this process, then it agrees with what node says of itself', async () => {
    const usage = await processUsage(process.pid);
    const { user, system } = process.cpuUsage();
    expect(usage.cpuSeconds).toBeLessThanOrEqual((user + system) / 1e6 + 0.02);
    expect(usage.cpuSeconds).toBeGreaterThan(0);
    // The kernel counts pages per thread and adds them up now and then: the two differ by some pages.
    expect(usage.peakRssBytes / (process.resourceUsage().maxRSS * 1_024)).toBeCloseTo(1, 1);
  });
});
