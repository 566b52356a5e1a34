import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { envTableMarkdown } from './env.ts';
import { runtimeShape } from './runtime-settings.ts';

it('the README has the table of variables that the code reads', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(envTableMarkdown(runtimeShape));
});
