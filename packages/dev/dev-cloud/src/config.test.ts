import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, envTable } from '@kestrel/runtime';
import { readConfig, shape } from './config.ts';

describe('the configuration', () => {
  test('given only a folder, then everything else has its default', () => {
    expect(readConfig({ DATA_DIR: '/tmp/x' })).toMatchObject({
      dataDir: '/tmp/x',
      clusterName: 'demo',
      ports: {},
      store: 'sqlite',
    });
  });

  test('given ports, then only those that are named are asked for', () => {
    expect(readConfig({ DATA_DIR: '/tmp/x', SESSION_PORT: '4000', ISSUER_PORT: '0' }).ports).toEqual({
      session: 4_000,
    });
  });

  test('given several mistakes, then all are named', () => {
    expect(() => readConfig({ STORE: 'memory', SESSION_PORT: '-1' })).toThrow(ConfigError);
    expect(() => readConfig({ STORE: 'memory', SESSION_PORT: '-1' })).toThrow(/DATA_DIR.*SESSION_PORT.*STORE/);
  });

  test('given the README, then its table has every variable', () => {
    const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
    const missing = envTable(shape).filter(
      ({ name, description }) =>
        !readme.split('\n').some((row) => row.startsWith(`| \`${name}\``) && row.includes(description)),
    );
    expect(missing).toEqual([]);
  });
});
