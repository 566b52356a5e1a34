import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { runCli } from './run-cli.ts';

async function kestrelctl(...argv: string[]) {
  const text = { stdout: '', stderr: '' };
  const sink = (to: 'stdout' | 'stderr') =>
    new Writable({
      write: (chunk, _encoding, done) => {
        text[to] += String(chunk);
        done();
      },
    });
  const code = await runCli(argv, {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {},
    cwd: '/nonexistent',
    isTerminal: false,
    signal: new AbortController().signal,
  });
  return { code, ...text };
}

describe('kestrelctl', () => {
  test('given --version then it is on stdout', async () => {
    expect(await kestrelctl('--version')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  test.each([[['--help']], [['help', 'status']], [['events', 'tail', '--help']], [['config', 'check', '-h']]])(
    'given %j then help is on stdout',
    async (argv) => {
      expect(await kestrelctl(...argv)).toEqual({
        code: 0,
        stdout: expect.stringMatching(/^Usage: kestrelctl/),
        stderr: '',
      });
    },
  );

  test.each([[[]], [['events']], [['config']]])(
    'given %j then help is on stderr and the usage is wrong',
    async (argv) => {
      expect(await kestrelctl(...argv)).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^Usage: kestrelctl/),
      });
    },
  );

  test.each([
    [['bogus'], /unknown command 'bogus'/],
    [['status', '--frob'], /unknown option '--frob'/],
    [['status', '-o', 'xml'], /Allowed choices are table, json/],
    [['status', 'more'], /too many arguments/],
    [['status', '--connection'], /needs a FILE/],
    [['status'], /no connection file: say --connection FILE/],
    [['events', 'tail', '-l', '1001'], /whole number from 0 to 1000/],
    [['events', 'tail', '-l', 'x'], /whole number from 0 to 1000/],
    [['events', 'tail', '-s', 'commands'], /may not read KESTREL_COMMANDS/],
    [['events', 'get'], /say either --stream and --seq/],
    [['events', 'get', '-s', 'events', '--seq', '1', '-k', 'Pod'], /say either/],
    [['config', 'check'], /say a values file/],
    [['config', 'check', 'none.yaml'], /none\.yaml cannot be read: ENOENT/],
  ])('given %j then it is one line on stderr and exit 2', async (argv, message) => {
    const { code, stdout, stderr } = await kestrelctl(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^kestrelctl: [^\n]+ \(usage\)\n$/);
    expect(stderr).toMatch(message);
  });

  test('given a connection file that is not there then it is one line with its code and exit 1', async () => {
    expect(await kestrelctl('--connection', 'none.json', 'status')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^kestrelctl: \/nonexistent\/none\.json: [^\n]*ENOENT[^\n]* \(connection_file_unusable\)\n$/,
      ),
    });
  });
});
