import { LossReason, Resource, ResourceDeleted_Reason } from '@kestrel/proto/events';
import { systemClock } from '@kestrel/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Kind } from '../../kinds/kind.ts';
import { kindTable } from '../../kinds/kind-table.ts';
import type { JsonObject } from '../json.ts';
import { DEFAULT_SHRINK_RULE } from '../mass-shrink.ts';
import { annotationFilter } from '../normalize/annotation-filter.ts';
import { Mirror } from './mirror.ts';
import type { Gone, Loss } from './mirror-listener.ts';

const table = kindTable({ istioRootNamespace: 'istio-system' });
const USED = [
  'Namespace',
  'Deployment',
  'ReplicaSet',
  'Pod',
  'NetworkPolicy',
  'CiliumClusterwideNetworkPolicy',
] as const;
type Used = (typeof USED)[number];
const kinds = table.filter((kind) => USED.some((id) => id === kind.id));

function kindOf(id: string): Kind {
  const kind = kinds.find((one) => one.id === id);
  if (kind === undefined) throw new Error(`no kind ${id}`);
  return kind;
}

function newMirror(ingested: readonly Kind[] = kinds): Mirror {
  return new Mirror({
    kinds: ingested,
    annotations: annotationFilter([]),
    selectedWorkloadsMax: 100,
    joinDelayMs: 0,
    shrinkRule: DEFAULT_SHRINK_RULE,
    clock: systemClock,
    onFailure: (error) => {
      throw error;
    },
  });
}

/** What the mirror has: subject → digest. Also checks that the digest belongs to the bytes. */
function contents(mirror: Mirror): Record<string, string> {
  const all = [...mirror.kinds].flatMap((state) => [...state.entries.values()]);
  return Object.fromEntries(all.map((entry) => [entry.subject, `${entry.digest} ${entry.bytes.toString()}`]));
}

function record(mirror: Mirror, id: string, name: string): Resource {
  const entry = [...mirror.kind(kindOf(id)).entries.values()].find((one) => one.name === name);
  if (entry === undefined) throw new Error(`no ${id} ${name}`);
  return Resource.fromJSON(JSON.parse(entry.bytes.toString()));
}

/** Syncs every kind: the given objects and no others. */
async function syncAll(mirror: Mirror, objects: ReadonlyMap<string, TestObject>): Promise<void> {
  for (const kind of kinds) {
    mirror.syncStarted(kind);
    for (const one of objects.values()) if (one.id === kind.id) mirror.upsert(kind, 'v1', one.source);
    await mirror.syncFinished(kind);
  }
  await mirror.whenComplete;
}

interface TestObject {
  readonly id: Used;
  readonly source: JsonObject;
}

const OWNER: Readonly<Partial<Record<Used, Used>>> = { Pod: 'ReplicaSet', ReplicaSet: 'Deployment' };

/** An object of a tiny cluster: few names, so that objects meet. */
const testObject: fc.Arbitrary<TestObject> = fc
  .record({
    id: fc.constantFrom(...USED),
    name: fc.constantFrom('a', 'b'),
    namespace: fc.constantFrom('n1', 'n2'),
    incarnation: fc.constantFrom('1', '1', '1', '2'),
    owner: fc.option(fc.record({ name: fc.constantFrom('a', 'b'), incarnation: fc.constantFrom('1', '1', '1', '2') }), {
      nil: undefined,
    }),
    label: fc.constantFrom('x', 'y'),
    phase: fc.constantFrom('Running', 'Succeeded'),
  })
  .map(({ id, name, namespace, incarnation, owner, label, phase }) => {
    const cluster = id === 'Namespace' || id === 'CiliumClusterwideNetworkPolicy';
    const ownerKind = OWNER[id];
    const uid = (kind: string, of: string, again: string) => `${kind}-${namespace}-${of}-${again}`;
    const reference =
      ownerKind === undefined || owner === undefined
        ? []
        : [
            {
              apiVersion: 'apps/v1',
              kind: ownerKind,
              name: owner.name,
              uid: uid(ownerKind, owner.name, owner.incarnation),
              controller: true,
            },
          ];
    const metadata = {
      name: id === 'Namespace' ? namespace : name,
      ...(cluster ? {} : { namespace }),
      uid: uid(id, name, incarnation),
      labels: { l: label },
      ownerReferences: reference,
    };
    const selectors = {
      podSelector: { matchLabels: { l: label } },
      endpointSelector: { matchLabels: { 'io.cilium.k8s.namespace.labels.l': label } },
    };
    return { id, source: { metadata, spec: selectors, status: { phase } } };
  });

const key = (one: TestObject) => {
  const { metadata } = one.source;
  return `${one.id} ${String(Object(metadata).namespace)} ${String(Object(metadata).name)}`;
};
const step = fc.record({ type: fc.constantFrom('upsert', 'list', 'delete'), object: testObject });

/** One event as an API server would send it: a watch deletes an object before it shows its successor, a list does not. */
function apply(mirror: Mirror, objects: Map<string, TestObject>, event: { type: string; object: TestObject }): void {
  const { object } = event;
  const before = objects.get(key(object));
  const refOf = (one: TestObject) => Object(one.source['metadata']);
  const replaced = before !== undefined && refOf(before).uid !== refOf(object).uid;
  if (before !== undefined && (event.type === 'delete' || (replaced && event.type === 'upsert'))) {
    objects.delete(key(object));
    mirror.deleted(kindOf(object.id), refOf(before));
  }
  if (event.type === 'delete') return;
  objects.set(key(object), object);
  mirror.upsert(kindOf(object.id), 'v1', object.source);
}

describe('given a mirror', () => {
  test('after any events in any order its records are those of a fresh mirror that lists the same cluster', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(testObject, { minLength: 8, maxLength: 24 }),
        fc.array(step, { maxLength: 40 }),
        async (initial, events) => {
          const objects = new Map(initial.map((one) => [key(one), one]));
          await using mirror = newMirror();
          await syncAll(mirror, objects);
          for (const event of events) apply(mirror, objects, event);
          await mirror.refreshed();
          await using fresh = newMirror();
          await syncAll(fresh, objects);
          expect(contents(mirror)).toEqual(contents(fresh));
        },
      ),
    );
  });

  test('after any events a listener that applies each change has what the mirror has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (events) => {
        await using mirror = newMirror();
        const followed = new Map<string, string>();
        mirror.listen({
          changed: (entry) => void followed.set(entry.subject, `${entry.digest} ${entry.bytes.toString()}`),
          removed: (gone) => void followed.delete(gone.subject),
          settled: () => undefined,
          lost: () => undefined,
          found: () => undefined,
        });
        const objects = new Map<string, TestObject>();
        for (const event of events) apply(mirror, objects, event);
        await mirror.refreshed();
        expect(Object.fromEntries(followed)).toEqual(contents(mirror));
      }),
    );
  });
});

function pod(name: string, over: JsonObject = {}): JsonObject {
  return { metadata: { name, namespace: 'n', uid: `uid-${name}`, labels: {} }, spec: {}, ...over };
}

/** A mirror with so many pods, and what it tells. */
async function mirrorOfPods(count: number) {
  const mirror = newMirror();
  const told = { gone: new Array<Gone>(), losses: new Array<Loss>(), findings: new Array<string>() };
  const names = Array.from({ length: count }, (_, at) => `p${at}`);
  mirror.listen({
    changed: () => undefined,
    removed: (gone) => void told.gone.push(gone),
    settled: () => undefined,
    lost: (loss) => void told.losses.push(loss),
    found: (finding) => void told.findings.push(finding.code),
  });
  const list = async (listed: readonly string[]) => {
    mirror.syncStarted(kindOf('Pod'));
    for (const name of listed) mirror.upsert(kindOf('Pod'), 'v1', pod(name));
    return mirror.syncFinished(kindOf('Pod'));
  };
  await list(names);
  return { mirror, told, names, list, pods: () => mirror.kind(kindOf('Pod')).entries.size };
}

describe('given a full sync', () => {
  test('when it misses a few objects, then they are gone', async () => {
    const { told, names, list, pods } = await mirrorOfPods(60);
    expect(await list(names.slice(1))).toBe(false);
    expect(pods()).toBe(59);
    expect(told.gone).toMatchObject([
      { ref: { name: 'p0', uid: 'uid-p0' }, reason: ResourceDeleted_Reason.NOT_LISTED },
    ]);
  });

  test('when it misses many, then they are kept until a second list misses them too', async () => {
    const { told, names, list, pods } = await mirrorOfPods(60);
    expect(await list(names.slice(40))).toBe(true);
    expect(pods()).toBe(60);
    expect(told.findings).toEqual(['mass_shrink_held']);
    expect(await list(names.slice(40))).toBe(false);
    expect(pods()).toBe(20);
  });

  test('when it misses many and the second list has them again, then nothing ever went', async () => {
    const { told, names, list, pods } = await mirrorOfPods(60);
    await list([]);
    expect(await list(names)).toBe(false);
    expect(pods()).toBe(60);
    expect(told.gone).toEqual([]);
  });

  test('when an object in it could not be decoded, then its last record stays', async () => {
    const { mirror, told, names, pods } = await mirrorOfPods(3);
    const kind = kindOf('Pod');
    mirror.syncStarted(kind);
    mirror.upsert(kind, 'v1', pod(names[0] ?? ''));
    mirror.unreadable(
      kind,
      { namespace: 'n', name: 'p1', uid: 'uid-p1' },
      { reason: LossReason.OVERSIZE, detail: 'too large' },
    );
    await mirror.syncFinished(kind);
    expect(pods()).toBe(2);
    expect(told.losses).toMatchObject([{ object: { name: 'p1' }, detail: 'too large' }]);
    expect(told.gone).toMatchObject([{ ref: { name: 'p2' } }]);
  });

  test('when an object in it could not even be named, then nothing counts as gone', async () => {
    const { mirror, pods } = await mirrorOfPods(3);
    const kind = kindOf('Pod');
    mirror.syncStarted(kind);
    mirror.unreadable(kind, undefined, { reason: LossReason.UNDECODABLE, detail: 'not JSON' });
    await mirror.syncFinished(kind);
    expect(pods()).toBe(3);
  });

  test('when the same object is unreadable again, then it is not told twice, and a readable one ends the loss', async () => {
    const { mirror, told } = await mirrorOfPods(0);
    const kind = kindOf('Pod');
    const odd = { metadata: { name: 'odd', namespace: 'n', uid: 'u' } };
    mirror.upsert(kind, 'v1', odd);
    mirror.syncStarted(kind);
    mirror.upsert(kind, 'v1', odd);
    await mirror.syncFinished(kind);
    expect(told.losses).toMatchObject([{ reason: LossReason.NOT_NORMALIZED, object: { name: 'odd', uid: 'u' } }]);
    expect(mirror.kind(kind).unreadable.size).toBe(1);
    mirror.upsert(kind, 'v1', pod('odd'));
    expect(mirror.kind(kind).unreadable.size).toBe(0);
  });
});

describe('given a kind that is no longer served', () => {
  test('when discovery says so, then all its objects are gone, however many, for that reason', async () => {
    const { mirror, told, pods } = await mirrorOfPods(60);
    await mirror.notServed(kindOf('Pod'));
    expect(pods()).toBe(0);
    expect(told.gone).toHaveLength(60);
    expect(told.gone[0]?.reason).toBe(ResourceDeleted_Reason.KIND_GONE);
    expect(told.findings).toEqual([]);
  });
});

describe('given a deletion', () => {
  test('when the object has been made again since, then the new one stays', async () => {
    const { mirror, told, pods } = await mirrorOfPods(1);
    mirror.deleted(kindOf('Pod'), { namespace: 'n', name: 'p0', uid: 'another' });
    expect(pods()).toBe(1);
    mirror.deleted(kindOf('Pod'), { namespace: 'n', name: 'p0', uid: 'uid-p0' });
    expect(told.gone).toMatchObject([{ reason: ResourceDeleted_Reason.WATCHED }]);
  });
});

describe('given an object that was made again unreadable while nobody watched', () => {
  test('when that one is deleted, then the record of its predecessor goes too', async () => {
    const { mirror, told, pods } = await mirrorOfPods(1);
    const kind = kindOf('Pod');
    mirror.syncStarted(kind);
    const again = { namespace: 'n', name: 'p0', uid: 'uid-again' };
    mirror.unreadable(kind, again, { reason: LossReason.OVERSIZE, detail: 'too large' });
    await mirror.syncFinished(kind);
    expect(pods()).toBe(1);
    mirror.deleted(kind, again);
    expect(pods()).toBe(0);
    expect(told.gone).toMatchObject([{ ref: { name: 'p0' }, reason: ResourceDeleted_Reason.WATCHED }]);
    expect(mirror.kind(kind).unreadable.size).toBe(0);
  });
});

describe('given pods out of the reach of policies', () => {
  test.each([
    ['host network', { spec: { hostNetwork: true } }, 0],
    ['phase Succeeded', { status: { phase: 'Succeeded' } }, 0],
    ['phase Failed', { status: { phase: 'Failed' } }, 0],
    ['phase Pending', { status: { phase: 'Pending' } }, 1],
  ])('when a pod has %s, then a policy for all pods selects %s of it', async (_, over, selected) => {
    const { mirror } = await mirrorOfPods(0);
    mirror.upsert(kindOf('Pod'), 'v1', pod('p', over));
    const policy = { metadata: { name: 'all', namespace: 'n', uid: 'u' }, spec: { podSelector: {} } };
    mirror.upsert(kindOf('NetworkPolicy'), 'v1', policy);
    expect(record(mirror, 'NetworkPolicy', 'all').spec).toMatchObject({ value: { selectedPods: selected } });
  });

  test('when pods cannot be read, then the policy says that it does not know', async () => {
    const { mirror } = await mirrorOfPods(0);
    const policy = { metadata: { name: 'all', namespace: 'n', uid: 'u' }, spec: { podSelector: {} } };
    mirror.upsert(kindOf('NetworkPolicy'), 'v1', policy);
    mirror.unavailable(kindOf('Deployment'), 'forbidden');
    await mirror.refreshed();
    expect(record(mirror, 'NetworkPolicy', 'all').spec).toMatchObject({ value: { selectionUnknown: '' } });
    mirror.unavailable(kindOf('Pod'), 'forbidden');
    await mirror.refreshed();
    expect(record(mirror, 'NetworkPolicy', 'all').spec).toMatchObject({
      value: { selectionUnknown: 'Pods are not readable: forbidden' },
    });
  });

  test('when pods are not ingested at all, then every policy says so', async () => {
    await using mirror = newMirror([kindOf('NetworkPolicy'), kindOf('Namespace')]);
    const policy = { metadata: { name: 'all', namespace: 'n', uid: 'u' }, spec: { podSelector: {} } };
    mirror.upsert(kindOf('NetworkPolicy'), 'v1', policy);
    expect(record(mirror, 'NetworkPolicy', 'all').spec).toMatchObject({
      value: { selectionUnknown: 'Pods are not readable: not ingested' },
    });
  });
});
