import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Relate } from './env.ts';
import { envTable, envTableMarkdown, readEnv } from './env.ts';
import { ConfigError } from './errors.ts';
import { redactedJson } from './redacted-json.ts';
import { variable } from './variable.ts';

const shape = {
  SERVERS: variable.csv({ description: 'NATS servers', pattern: /^nats:\/\// }),
  FLUSH_INTERVAL_MS: variable.duration({ description: 'Flush', minMs: 10, maxMs: 60_000, default: 1_000 }),
  RETRY_INTERVAL_MS: variable.duration({ description: 'Retry', minMs: 10, maxMs: 60_000, default: 5_000 }),
  BATCH_MAX: variable.integer({ description: 'Batch', min: 1, max: 500, default: 100 }),
  DRY_RUN: variable.boolean({ description: 'Writes nothing', default: false }),
  MODE: variable.choice({ description: 'Mode', of: ['on', 'off'], default: 'on' }),
  KINDS: variable.csv({ description: 'More kinds', default: [] }),
  ISSUER: variable.url({ description: 'Issuer', schemes: ['https'] }).optional(),
  TOKEN_FILE: variable.secretFile({ description: 'Token' }).optional(),
  CA_FILE: variable.file({ description: 'Trust' }).optional(),
};

const flushBeforeRetry = (relate: Relate<typeof shape>) =>
  relate(['FLUSH_INTERVAL_MS', 'RETRY_INTERVAL_MS'], (v) =>
    v.FLUSH_INTERVAL_MS < v.RETRY_INTERVAL_MS ? undefined : 'flush must be shorter than retry',
  );

const valid = { SERVERS: 'nats://a:4222, nats://b:4222' };

function problemsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function related(env: Record<string, string>): string[] {
  return problemsOf(() => readEnv({ ...valid, ...env }, shape, flushBeforeRetry));
}

describe('readEnv', () => {
  let dir = '';
  beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'kestrel-env-'))));
  afterAll(() => rmSync(dir, { recursive: true }));

  it('gives typed values and defaults', () => {
    expect(readEnv({ ...valid, FLUSH_INTERVAL_MS: '2s', DRY_RUN: 'true', BATCH_MAX: '7' }, shape)).toEqual({
      SERVERS: ['nats://a:4222', 'nats://b:4222'],
      FLUSH_INTERVAL_MS: 2_000,
      RETRY_INTERVAL_MS: 5_000,
      BATCH_MAX: 7,
      DRY_RUN: true,
      MODE: 'on',
      KINDS: [],
    });
  });

  it('reports every problem at once, by name, without showing values', () => {
    const env = {
      SERVERS: 'http://wrong,,nats://ok',
      FLUSH_INTERVAL_MS: '5 minutes',
      BATCH_MAX: '501',
      DRY_RUN: 'yes',
      MODE: 'maybe',
      ISSUER: 'http://user:hunter2@issuer',
      TOKEN_FILE: '/does/not/exist',
      CA_FILE: '/',
    };
    const problems = problemsOf(() => readEnv(env, shape));
    expect(problems).toEqual([
      String.raw`SERVERS: item 1 does not match ^nats:\/\/`,
      'SERVERS: item 2 is empty',
      'FLUSH_INTERVAL_MS: is not a duration such as 250ms, 30s, 5m, 2h',
      'BATCH_MAX: is not within 1 and 500',
      'DRY_RUN: is neither true nor false',
      'MODE: is none of on, off',
      'ISSUER: is not a https URL',
      'ISSUER: contains credentials, which belong in a file',
      'TOKEN_FILE: cannot be read: ENOENT',
      'CA_FILE: is not a file',
    ]);
  });

  it('treats a variable that is set to nothing as not set: required stays required', () => {
    expect(problemsOf(() => readEnv({}, shape))).toEqual(['SERVERS: is required']);
    expect(problemsOf(() => readEnv({ SERVERS: '' }, shape))).toEqual(['SERVERS: is required']);
    expect(readEnv({ ...valid, ISSUER: '', BATCH_MAX: '' }, shape)).toMatchObject({ BATCH_MAX: 100 });
  });

  it('checks relations between values, and only between valid ones', () => {
    expect(related({})).toEqual([]);
    expect(related({ FLUSH_INTERVAL_MS: '10s' })).toEqual([
      'FLUSH_INTERVAL_MS, RETRY_INTERVAL_MS: flush must be shorter than retry',
    ]);
    expect(related({ FLUSH_INTERVAL_MS: 'x', RETRY_INTERVAL_MS: '10' })).toHaveLength(1);
  });

  it('holds a default to the same checks as a given value', () => {
    const wrong = { SIZE: variable.integer({ description: 'Size', min: 1, max: 5, default: 9 }) };
    expect(problemsOf(() => readEnv({}, wrong))).toHaveLength(1);
  });

  it('reads a secret from its file and shows it nowhere', () => {
    writeFileSync(join(dir, 'token'), 'hunter2\n');
    const config = readEnv({ ...valid, TOKEN_FILE: join(dir, 'token') }, shape);
    expect(config.TOKEN_FILE?.reveal()).toBe('hunter2');
    expect(`${config.TOKEN_FILE?.toString()}${JSON.stringify(config)}${redactedJson(config)}`).not.toContain('hunter2');
  });

  it('refuses a secret file that is empty or far too large', () => {
    writeFileSync(join(dir, 'empty'), '\n');
    writeFileSync(join(dir, 'large'), 'x'.repeat(65 * 1024));
    const read = (name: string) => problemsOf(() => readEnv({ ...valid, TOKEN_FILE: join(dir, name) }, shape));
    expect(read('empty')).toEqual(['TOKEN_FILE: names an empty file']);
    expect(read('large')).toEqual(['TOKEN_FILE: is larger than 65536 bytes']);
  });
});

describe('envTable', () => {
  it('gives name, default, whether it is required, and description, in the order of the shape', () => {
    const table = envTable(shape);
    expect(table.map((row) => row.name)).toEqual(Object.keys(shape));
    expect(table[0]).toEqual({ name: 'SERVERS', required: true, description: 'NATS servers' });
    expect(table[1]).toEqual({
      name: 'FLUSH_INTERVAL_MS',
      required: false,
      default: '1000',
      description: 'Flush',
    });
    expect(table.at(-2)).toEqual({ name: 'TOKEN_FILE', required: false, description: 'Token' });
  });
});

describe('envTableMarkdown', () => {
  it('is the table of a README', () => {
    expect(envTableMarkdown({ MODE: shape.MODE, SERVERS: shape.SERVERS, ISSUER: shape.ISSUER })).toBe(
      [
        '| variable  | default  | meaning      |',
        '| --------- | -------- | ------------ |',
        '| `MODE`    | `on`     | Mode         |',
        '| `SERVERS` | required | NATS servers |',
        '| `ISSUER`  | none     | Issuer       |',
      ].join('\n'),
    );
  });
});
