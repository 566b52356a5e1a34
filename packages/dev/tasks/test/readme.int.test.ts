import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, spawnProcess, tempDir, type ManagedProcess, type TempDir } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT } from '../src/workspace.ts';

// The README's commands as they stand there, by the entry that a newcomer uses.

const reportSchema = z.object({
  ok: z.boolean(),
  steps: z.array(z.object({ name: z.string(), ok: z.boolean(), ms: z.number() })),
  inventory: z.object({
    expected: z.number(),
    committed: z.number(),
    missing: z.array(z.string()),
    unexpected: z.array(z.string()),
  }),
});

let folder: TempDir;
beforeAll(async () => void (folder = await tempDir('kestrel-readme-')));
afterAll(() => folder?.[Symbol.asyncDispose]());

const endpointsFile = (): string => join(folder.path, 'endpoints.json');

async function dev(...args: string[]): Promise<ManagedProcess> {
  return await spawnProcess({
    name: `./dev ${args.join(' ')}`,
    command: join(ROOT, 'dev'),
    args,
    env: { KESTREL_ENDPOINTS: endpointsFile(), TMPDIR: folder.path },
    stopTimeoutMs: 30_000,
  });
}

/** The lines of the README's shell blocks. */
async function readmeCommands(): Promise<string[]> {
  const text = await readFile(join(ROOT, 'README.md'), 'utf8');
  return [...text.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));
}

describe('the README', () => {
  test('given ./dev demo --once --json, then one document says that every object is committed', async () => {
    await using demo = await dev('demo', '--once', '--json');
    expect(await demo.exited).toMatchObject({ code: 0 });
    const output = demo.output();
    const report = reportSchema.parse(
      JSON.parse(output.slice(output.indexOf('\n{\n'), output.lastIndexOf('\n}\n') + 2)),
    );
    expect(report).toMatchObject({ ok: true, inventory: { missing: [], unexpected: [] } });
    expect(report.inventory.expected).toBeGreaterThan(40);
    expect(report.inventory.committed).toBe(report.inventory.expected);
  });

  test('given a running demo, then the commands shown for it work, and Ctrl-C leaves nothing behind', async () => {
    const commands = await readmeCommands();
    await using demo = await dev('demo');
    // The banner has the word too: only a line with its sequence says that something arrived.
    await eventually(() => /committed +\d+ /.test(demo.output()), { timeoutMs: 50_000, message: 'something arrives' });

    // It ends with 1 for as long as a part is still starting, and says which.
    const status = await eventually(
      async () => {
        const asked = await dev(...wordsOf(commands, 'kestrelctl status'));
        const { code } = await asked.exited;
        if (code !== 0) throw new Error(asked.output());
        return asked.output();
      },
      { timeoutMs: 30_000, message: 'kestrelctl status says that all is well' },
    );
    expect(status).toContain('KESTREL_RESOURCES');

    const events = await dev(...wordsOf(commands, 'cloud events'));
    expect(await events.exited, events.output()).toMatchObject({ code: 0 });
    expect(events.output()).toContain('"stream":"KESTREL_RESOURCES"');

    await using tail = await dev(...wordsOf(commands, 'events tail'));
    await eventually(() => tail.output().includes('NetworkPolicy'));

    // The README's `stream view` wants a terminal; the same stream, by a command that does not.
    expect(commands).toContain('./dev nats stream view KESTREL_RESOURCES');
    const list = await dev('nats', 'stream', 'ls');
    expect(await list.exited, list.output()).toMatchObject({ code: 0 });
    expect(list.output()).toContain('KESTREL_RESOURCES');

    demo.kill('SIGINT');
    expect(await demo.exited).toMatchObject({ code: 0 });
    expect((await readdir(folder.path)).filter((name) => name.startsWith('kestrel-demo-'))).toEqual([]);
    expect(await readdir(folder.path)).not.toContain('endpoints.json');
  });

  test('given a demo that runs once, when it is interrupted, then its keys are gone too', async () => {
    await using demo = await dev('demo', '--once');
    await eventually(() => demo.output().includes('nats-server serves'), { timeoutMs: 50_000 });
    demo.kill('SIGINT');
    expect(await demo.exited).toMatchObject({ code: 1 });
    expect((await readdir(folder.path)).filter((name) => name.startsWith('kestrel-demo-'))).toEqual([]);
  });

  test('given a task that is not there, then the list is shown and the exit code says so', async () => {
    await using unknown = await dev('dance');
    expect(await unknown.exited).toMatchObject({ code: 2 });
    expect(unknown.output()).toContain('usage: ./dev TASK');
  });
});

/** The words after ./dev of the README's command that holds the text. */
function wordsOf(commands: readonly string[], text: string): string[] {
  const found = commands.find((command) => command.startsWith('./dev ') && command.includes(text));
  if (found === undefined) throw new Error(`the README no longer shows ./dev … ${text}`);
  return found.split(' ').slice(1);
}
