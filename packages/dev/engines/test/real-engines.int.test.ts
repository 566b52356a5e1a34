import { stderr } from 'node:process';

import { expect, test } from 'vitest';

import { findEngine, type EngineName } from '../src/index.ts';

const names: EngineName[] = ['nats-server', 'etcd', 'kube-apiserver', 'nats'];

/** A cold build of kube-apiserver takes three minutes on two cores. */
const coldBuildMs = 900_000;

test.each(names)(
  'given this machine, when %s is looked for, then a usable one is found or built',
  async (name) => {
    const found = await findEngine(name, { onProgress: (line) => stderr.write(`${line}\n`) });
    expect(found.path).toMatch(/^\//);
    expect(found.version).toMatch(/^\d+\.\d+\.\d+$/);
    const again = await findEngine(name);
    expect(again).toEqual({ ...found, source: found.source === 'build' ? 'cache' : found.source });
  },
  coldBuildMs,
);
