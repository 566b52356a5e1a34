import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, envTable } from '@kestrel/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ingesterShape, readConfig } from './config.ts';

let dir: string;
let base: Record<string, string>;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kestrel-ingester-'));
  base = {
    CLUSTER_ID: 'c1',
    NATS_URLS: 'nats://127.0.0.1:4222',
    NATS_SEED_FILE: file('seed', 'SUAAAA\n'),
    KUBERNETES_SERVICE_HOST: '10.0.0.1',
  };
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

function problems(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const rollout = {
  group: 'argoproj.io',
  versions: ['v1alpha1'],
  kind: 'Rollout',
  plural: 'rollouts',
  namespaced: true,
  fields: ['spec.replicas'],
};

describe('given an environment', () => {
  test('when all required variables are there, then the rest has defaults and all kinds are ingested', () => {
    const config = readConfig(base);
    expect(config.kinds).toHaveLength(23);
    expect(config.writer).toMatchObject({ tombstoneTtlMs: 259_200_000, batchMessagesMax: 200 });
    expect(JSON.stringify(config)).not.toContain('SUAAAA');
  });

  test('when it is empty, then every problem is listed at once', () => {
    expect(problems({})).toEqual([
      'CLUSTER_ID: is required',
      'NATS_URLS: is required',
      'NATS_SEED_FILE: is required',
      'KUBECONFIG_FILE, KUBERNETES_SERVICE_HOST: outside of a cluster KUBECONFIG_FILE is required',
    ]);
  });

  test('when kinds are named, then only those are ingested, and an unknown one is a problem', () => {
    expect(readConfig({ ...base, KINDS: 'Namespace,Pod' }).kinds.map((kind) => kind.id)).toEqual(['Namespace', 'Pod']);
    expect(problems({ ...base, KINDS: 'Namespace,Secret' }).join()).toContain('unknown kind Secret');
  });

  test('when a CA is given for a bus without TLS, then that is a problem and not a plaintext connection', () => {
    const NATS_CA_FILE = file('ca.crt', 'x');
    expect(problems({ ...base, NATS_CA_FILE }).join()).toContain('must begin with tls://');
    expect(problems({ ...base, NATS_CA_FILE, NATS_URLS: 'tls://bus:4222' })).toEqual([]);
  });
});

const withKinds = (kinds: unknown) => ({ ...base, EXTRA_KINDS_FILE: file('kinds.json', JSON.stringify(kinds)) });

describe('given a file with further kinds', () => {
  test('when it is right, then they are ingested with the named fields alone', () => {
    const [kind] = readConfig(withKinds([rollout])).kinds;
    expect(kind).toMatchObject({ id: 'Rollout.argoproj.io', versions: ['v1alpha1'], origin: 'crd' });
    const source = { spec: { replicas: 3, template: { secret: 'x' } } };
    expect(kind?.normalize(source)).toEqual({
      $case: 'custom',
      value: { fields: { 'spec.replicas': 3 }, changedAt: undefined },
    });
  });

  test.each([
    ['a Secret', { ...rollout, group: '', kind: 'Secret', plural: 'secrets' }, 'never ingested'],
    ['a known kind', { ...rollout, group: 'apps', kind: 'Deployment', plural: 'deployments' }, 'known already'],
    ['a path that is none', { ...rollout, fields: ['spec..x'] }, 'not a path'],
    ['annotations', { ...rollout, fields: ['metadata.annotations'] }, 'may hold annotations'],
    ['one annotation', { ...rollout, fields: ['spec.template.metadata.annotations.a'] }, 'may hold annotations'],
    ['all metadata', { ...rollout, fields: ['metadata'] }, 'may hold annotations'],
    ['a whole spec', { ...rollout, fields: ['spec'] }, 'name the fields below it'],
    ['containers', { ...rollout, fields: ['spec.template.spec.containers'] }, 'may hold'],
    ['environment', { ...rollout, fields: ['spec.server.env'] }, 'may hold'],
    ['data', { ...rollout, fields: ['data'] }, 'may hold'],
    ['a field that is not known', { ...rollout, selector: 'x' }, 'selector'],
  ])('when it names %s, then that is a problem', (_, kind, problem) => {
    expect(problems(withKinds([kind])).join()).toContain(problem);
  });

  test('when a path only contains such a word, then it is a path like any other', () => {
    const fields = ['spec.environment', 'spec.dataSource', 'spec.template.metadata.labels', 'metadata.generation'];
    expect(problems(withKinds([{ ...rollout, fields }]))).toEqual([]);
  });

  test('when it is no JSON, then that is a problem', () => {
    expect(problems({ ...base, EXTRA_KINDS_FILE: file('kinds.json', '{') }).join()).toContain('not a JSON file');
  });
});

describe('given the table of variables', () => {
  const table = envTable(ingesterShape);

  test('then example.env has each of them, in order, with its default or a value', () => {
    const example = readFileSync(new URL('../example.env', import.meta.url), 'utf8');
    const lines = example.split('\n').filter((line) => /^#? ?[A-Z_]+=/.test(line));
    expect(lines.map((line) => line.replace(/^# ?/, '').split('=')[0])).toEqual(table.map((row) => row.name));
    const given = lines.filter((line) => !line.startsWith('#')).map((line) => line.split('=')[0]);
    expect(given).toEqual(table.filter((row) => row.required).map((row) => row.name));
  });

  test('then README.md has a row for each, as the table says it', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
    for (const row of table) {
      const initial = row.required ? '**required** ' : row.default === undefined ? '' : `\`${row.default}\` `;
      expect(readme).toContain(`| \`${row.name}\` | ${initial}| ${row.description} |`);
    }
  });
});
