import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bus, Fence } from '@kestrel/bus';
import {
  type ControlPlane,
  eventually,
  type ManagedProcess,
  spawnProcess,
  startControlPlane,
  tempDir,
} from '@kestrel/testkit';
import { createUser } from '@nats-io/nkeys';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { SHARD } from '../src/egress/leadership.ts';
import { networkPolicy } from './sample.ts';
import { connectAs, ingesterEnv, readRecord, readWriters, runIngester, startTestBus, type TestBus } from './support.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const statusSchema = z.object({
  role: z.object({ role: z.string(), term: z.number().optional(), reason: z.string().optional() }),
  kinds: z.array(z.object({ kind: z.string(), phase: z.string() })),
  writer: z.unknown(),
});
const readinessSchema = z.object({
  components: z.record(z.string(), z.object({ ready: z.boolean(), reason: z.string().optional() })),
});

let plane: ControlPlane;
let bus: TestBus;
let inspector: Bus;
let env: Record<string, string> & AsyncDisposable;

beforeAll(async () => {
  [plane, bus] = await Promise.all([startControlPlane(), startTestBus()]);
  inspector = await connectAs(bus, 'inspector');
  env = await ingesterEnv(bus, plane);
});
afterAll(async () => {
  await env?.[Symbol.asyncDispose]();
  await inspector?.[Symbol.asyncDispose]();
  await bus?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
});

/** The seed of a user that the server does not know. */
async function strangersSeed(): Promise<string> {
  const path = join(plane.dataDir, 'stranger.nk');
  await writeFile(path, createUser().getSeed(), { mode: 0o600 });
  return path;
}

/** Why an ingester has no bus, once it has tried. */
const busReason = (instance: Instance) =>
  eventually(async () => {
    const reason = (await instance.components())['bus']?.reason;
    return reason === 'starting' ? undefined : reason;
  });

interface Instance extends AsyncDisposable {
  readonly name: string;
  readonly process: ManagedProcess;
  role(): Promise<string>;
  status(): Promise<z.infer<typeof statusSchema>>;
  metrics(): Promise<string>;
  ready(): Promise<boolean>;
  components(): Promise<z.infer<typeof readinessSchema>['components']>;
}

/** An ingester in a process of its own. */
async function startProcess(name: string, over: Record<string, string> = {}): Promise<Instance> {
  const dir = await tempDir('kestrel-ingester-');
  const portFile = join(dir.path, 'port');
  const process = await spawnProcess({
    name,
    command: globalThis.process.execPath,
    args: [MAIN],
    env: { ...env, ...over, INSTANCE: name, ADMIN_HOST: '127.0.0.1', ADMIN_PORT: '0', ADMIN_PORT_FILE: portFile },
  });
  const admin = async (path: string) => fetch(`http://127.0.0.1:${(await readFile(portFile, 'utf8')).trim()}${path}`);
  const status = async () => statusSchema.parse(await (await admin('/statusz')).json());
  return {
    name,
    process,
    status,
    role: async () => (await status()).role.role,
    metrics: async () => (await admin('/metrics')).text(),
    ready: async () => (await admin('/readyz')).ok,
    components: async () => readinessSchema.parse(await (await admin('/readyz')).json()).components,
    [Symbol.asyncDispose]: async () => {
      await process[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

const policyExists = (name: string) =>
  eventually(async () => {
    const key = { group: 'networking.k8s.io', kind: 'NetworkPolicy', namespace: 'default', name };
    return (await readRecord(inspector, key)).ref?.name === name;
  });

describe('given an active ingester and a standby', () => {
  test('when the active one is killed, then the standby goes on with what has changed', async () => {
    await using first = await startProcess('ingester-a');
    await eventually(async () => (await first.role()) === 'active');
    await using second = await startProcess('ingester-b');
    await eventually(async () => (await second.role()) === 'standby' && (await second.ready()));
    first.process.kill('SIGKILL');
    await plane.kube.apply(networkPolicy('after-kill', 'default', {}));
    await policyExists('after-kill');
    expect(await second.role()).toBe('active');
  });

  test('when the active one is paused and wakes up after its successor took over, then it writes nothing', async () => {
    await using first = await startProcess('ingester-c');
    await eventually(async () => (await first.role()) === 'active' && (await first.ready()));
    await using second = await startProcess('ingester-d');
    await eventually(async () => (await second.role()) === 'standby' && (await second.ready()));
    first.process.pause();
    await eventually(async () => (await second.role()) === 'active' && (await second.ready()));
    await plane.kube.apply(networkPolicy('while-paused', 'default', {}));
    await policyExists('while-paused');
    const { fenceSeq } = await readWriters(inspector);
    first.process.resume();
    await eventually(async () => (await first.role()) === 'standby');
    await plane.kube.apply(networkPolicy('after-pause', 'default', {}));
    await policyExists('after-pause');
    const { bySeq } = await readWriters(inspector);
    const later = [...bySeq].filter(([seq]) => seq > fenceSeq).map(([, writer]) => writer);
    expect(later.length).toBeGreaterThan(0);
    expect(new Set(later)).toEqual(new Set(['ingester-d']));
  });

  test('when somebody takes the fence while it writes, then nothing it has is stored before it has a newer one', async () => {
    await using ingester = await runIngester(env, { instance: 'ingester-fenced' });
    await eventually(() => ingester.ctx.health.readiness().ready);
    await plane.kube.apply(networkPolicy('before-fence', 'default', {}));
    await policyExists('before-fence');
    await using other = await connectAs(bus, 'ingester');
    const taken = await Fence.take(other, SHARD, { holder: 'another', term: 1_000 });
    await plane.kube.apply(networkPolicy('after-fence', 'default', {}));
    await policyExists('after-fence');
    const { bySeq, fenceSeq } = await readWriters(inspector);
    expect(fenceSeq).toBeGreaterThan(taken.sequence);
    expect([...bySeq.keys()].filter((seq) => seq > taken.sequence && seq < fenceSeq)).toEqual([]);
  });

  test('when the active one is asked to stop, then it gives the lease back and exits with 0', async () => {
    await using first = await startProcess('ingester-e');
    await eventually(async () => (await first.role()) === 'active' && (await first.ready()));
    await first.process.stop();
    expect((await first.process.exited).code).toBe(0);
    await using second = await startProcess('ingester-f');
    await eventually(async () => (await second.role()) === 'active');
  });
});

describe('given an active ingester that loses the bus', () => {
  test('when it is asked to stop with a change that nobody acknowledges, then it still exits with 0', async () => {
    await using first = await startProcess('ingester-i', { LEASE_TTL: '60s' });
    await eventually(async () => (await first.role()) === 'active' && (await first.ready()));
    await bus.server.kill9();
    await plane.kube.apply(networkPolicy('never-acknowledged', 'default', {}));
    await eventually(async () => /^kestrel_ingester_waiting_changes(\{.*\})? [1-9]/m.test(await first.metrics()));
    first.process.kill('SIGTERM');
    expect((await first.process.exited).code).toBe(0);
    expect(first.process.output()).toContain('stops without acknowledgement');
    await bus.server.start();
  });
});

describe('given an ingester in a process of its own', () => {
  test('when the bus is away, then it is not ready and says why, and still stops in order', async () => {
    await using alone = await startProcess('ingester-g', { NATS_URLS: 'nats://127.0.0.1:1' });
    const reason = await busReason(alone);
    expect(reason).toContain('no bus at nats://127.0.0.1:1');
    await eventually(async () => (await alone.components())['watch Pod']?.ready);
    expect(await alone.status()).toMatchObject({ role: { role: 'unknown', reason: 'no bus yet' }, writer: null });
    expect((await alone.status()).kinds).toContainEqual({ kind: 'Pod', phase: 'synced' });
    expect(await alone.metrics()).toMatch(/^kestrel_ingester_active(\{.*\})? 0$/m);
    await alone.process.stop();
    expect((await alone.process.exited).code).toBe(0);
  });

  test('when its key is not known, then readiness says so and no secret is printed', async () => {
    await using stranger = await startProcess('ingester-h', { NATS_SEED_FILE: await strangersSeed() });
    const reason = await busReason(stranger);
    expect(reason).toContain('the bus refuses user ingester');
    expect(stranger.process.output()).not.toMatch(/SU[A-Z2-7]{56}/);
  });

  test('when its configuration is wrong, then it lists every problem and exits with 2', async () => {
    const process = await spawnProcess({
      name: 'ingester',
      command: globalThis.process.execPath,
      args: [MAIN],
      env: { ...env, CLUSTER_ID: undefined, KINDS: 'Secret', LEASE_TTL: 'soon' },
    });
    expect((await process.exited).code).toBe(2);
    expect(process.output()).toContain('CLUSTER_ID: is required');
    expect(process.output()).toContain('unknown kind Secret');
    expect(process.output()).toContain('LEASE_TTL: is not a duration');
  });
});
