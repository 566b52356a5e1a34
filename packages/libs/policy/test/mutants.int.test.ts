import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allMutants, mutate, PACKAGE } from './all-mutants.ts';

test('given each mutant when applied then its text stands in its file exactly once', async () => {
  const wrong: string[] = [];
  const mutants = await allMutants();
  for (const mutant of mutants) {
    try {
      mutate(await readFile(join(PACKAGE, 'src', mutant.file), 'utf8'), mutant);
    } catch (error) {
      wrong.push(error instanceof Error ? error.message : String(error));
    }
  }
  expect(wrong).toEqual([]);
  expect(mutants.length).toBeGreaterThan(0);
});
