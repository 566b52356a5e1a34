import { describe, expect, test } from 'vitest';
import { runBench } from './run-bench.ts';

describe('runBench', () => {
  test.each([[[]], [['nothing']], [['ingest', 'uplink']], [['ingest', '--fast']]])(
    'given wrong arguments (%j), then nothing runs and the exit code is 2',
    async (args) => {
      expect(await runBench(args)).toBe(2);
    },
  );
});
