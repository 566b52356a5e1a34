import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { describe, expect, test } from 'vitest';
import { allMutants, PACKAGE, type NamedMutant } from './all-mutants.ts';
import { ScratchPackage } from './scratch-package.ts';

describe('the unit suite', () => {
  test('given the engine as it is then it passes', async () => {
    await using scratch = await ScratchPackage.create();
    expect(await scratch.runSuite('src/')).toBe('passed');
  });

  test('given a change that breaks no rule then no test fails; given one that does not load then that is told', async () => {
    await using scratch = await ScratchPackage.create();
    const [first = ''] = (await readFile(join(PACKAGE, 'src', 'model', 'object-ref.ts'), 'utf8')).split('\n');
    const harmless = {
      name: 'a comment',
      rule: 'none',
      file: 'model/object-ref.ts',
      find: first,
      replace: '// another',
    };
    expect(await scratch.notices(harmless)).toBe('passed');
    const broken = { ...harmless, replace: 'this is no TypeScript' };
    expect(await scratch.notices(broken)).toEqual({ notRun: expect.any(String) });
  });

  test('given a semantic rule that is broken on purpose then it fails, for every rule', async () => {
    const mutants = await allMutants();
    const waiting = [...mutants];
    const survivors: string[] = [];
    let done = 0;
    const work = async (): Promise<void> => {
      await using scratch = await ScratchPackage.create();
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const survivor = await survives(scratch, mutant);
        if (survivor !== undefined) survivors.push(survivor);
        done += 1;
        stderr.write(
          `mutants: ${done} of ${mutants.length}${survivor === undefined ? '' : `, not caught: ${survivor}`}\n`,
        );
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
    expect(survivors).toEqual([]);
    expect(done).toBeGreaterThan(0);
  });
});

/** Its name when no test failed because of it. */
async function survives(scratch: ScratchPackage, mutant: NamedMutant): Promise<string | undefined> {
  const end = await scratch.notices(mutant);
  if (end === 'failed' || end === 'timed out') return undefined;
  return end === 'passed' ? mutant.name : `${mutant.name}: no test ran: ${end.notRun}`;
}
