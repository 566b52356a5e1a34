import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { boundaryProblems } from './boundaries.ts';

const on = (...names: string[]) => Object.fromEntries(names.map((name) => [`@kestrel/${name}`, 'workspace:*']));

describe('the boundaries check', () => {
  let root = '';
  beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'kestrel-boundaries-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  const write = (file: string, content: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
  };
  const pkg = (dir: string, name: string, rest: object = {}): void =>
    write(`packages/${dir}/package.json`, JSON.stringify({ name: `@kestrel/${name}`, ...rest }));

  beforeEach(() => {
    pkg('libs/runtime', 'runtime');
    pkg('libs/bus', 'bus', { dependencies: on('runtime') });
    pkg('dev/testkit', 'testkit');
    pkg('services/ingester', 'ingester', { dependencies: on('bus', 'runtime'), devDependencies: on('testkit') });
    pkg('services/uplink', 'uplink');
  });

  test('a tree that keeps the rules has no problems', () => {
    write('packages/services/ingester/src/main.ts', "import { x } from '@kestrel/bus';\nimport { y } from './y.ts';\n");
    write('packages/services/ingester/test/a.int.test.ts', "import { z } from '@kestrel/testkit';\n");
    expect(boundaryProblems(root)).toEqual([]);
  });

  test('a service that depends on a service is refused', () => {
    pkg('services/uplink', 'uplink', { dependencies: on('ingester') });
    expect(boundaryProblems(root)).toEqual([
      'packages/services/uplink/package.json: dependency on @kestrel/ingester: services may not import services',
    ]);
  });

  test('a library that depends on a service, even for its tests only, is refused', () => {
    pkg('libs/bus', 'bus', { devDependencies: on('ingester') });
    expect(boundaryProblems(root)).toHaveLength(1);
  });

  test('a devDependency is refused outside of tests', () => {
    write('packages/services/ingester/src/core.ts', "const kit = await import('@kestrel/testkit');\n");
    expect(boundaryProblems(root)).toEqual([
      'packages/services/ingester/src/core.ts: imports the devDependency @kestrel/testkit outside of tests',
    ]);
  });

  test('a relative import that leaves the package is refused', () => {
    write('packages/services/ingester/src/core.ts', "import { x } from '../../uplink/src/x.ts';\n");
    expect(boundaryProblems(root)).toEqual([
      'packages/services/ingester/src/core.ts: "../../uplink/src/x.ts" leaves the package',
    ]);
  });

  test('what stands in src/testing may use devDependencies, and only tests may import it', () => {
    write('packages/services/ingester/src/testing/scene.ts', "import { z } from '@kestrel/testkit';\n");
    write('packages/services/ingester/src/core.test.ts', "import { scene } from './testing/scene.ts';\n");
    expect(boundaryProblems(root)).toEqual([]);
    write('packages/services/ingester/src/core.ts', "import { scene } from './testing/scene.ts';\n");
    expect(boundaryProblems(root)).toEqual([
      'packages/services/ingester/src/core.ts: imports "./testing/scene.ts" of the tests',
    ]);
  });

  test('a package in a group without a rule is refused', () => {
    pkg('plugins/odd', 'odd');
    expect(boundaryProblems(root)).toHaveLength(1);
  });
});
