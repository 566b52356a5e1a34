import { isDeepStrictEqual } from 'node:util';
import { headers, PermissionViolationError } from '@nats-io/transport-node';
import { eventually } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ensureBuckets,
  ensureStreams,
  Fence,
  LeaseElection,
  leaseKey,
  Publisher,
  USER_NAMES,
  USERS,
} from '../src/index.ts';
import type { Account, Bus, UserName } from '../src/index.ts';
import { outgoing, silent, startBusFixture } from './bus-fixture.ts';
import type { BusFixture } from './bus-fixture.ts';
import { maySubscribe, mayPublish, messageSubjects, subscriptions, universe } from './permission-expectations.ts';

let fixture: BusFixture;
const buses = new Map<UserName, Bus>();
const violations = new Map<UserName, Error[]>();
const bus = (user: UserName): Bus => {
  const found = buses.get(user);
  if (!found) throw new Error(`${user} is not connected`);
  return found;
};

beforeAll(async () => {
  fixture = await startBusFixture();
  for (const user of USER_NAMES) {
    const connected = await fixture.connect(user);
    buses.set(user, connected);
    const found: Error[] = [];
    violations.set(user, found);
    void (async () => {
      for await (const status of connected.nc.status()) if (status.type === 'error') found.push(status.error);
    })();
  }
  // Also a positive control: those who should make streams and buckets can.
  for (const user of USER_NAMES) await ensureStreams(bus(user), USERS[user].provisions, { log: silent });
  await ensureBuckets(bus('ingester'), ['kestrel_leases'], { log: silent });
  await ensureBuckets(bus('executor-control'), ['kestrel_leases', 'kestrel_commands', 'kestrel_nonces'], {
    log: silent,
  });
  await ensureBuckets(bus('uplink-control'), ['kestrel_uplink'], { log: silent });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

/** What the server objects to while `act` runs: violations come without a request, so a flush marks their end. */
async function objections(user: UserName, act: (nc: Bus['nc']) => void): Promise<Error[]> {
  const { nc } = bus(user);
  violations.get(user)?.splice(0);
  act(nc);
  await nc.flush();
  // Statuses are handed out in microtasks after the server's answers were read.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return [...(violations.get(user) ?? [])];
}

/** The subjects of one operation that the server refuses while `act` runs. */
async function refused(
  user: UserName,
  operation: 'publish' | 'subscription',
  act: (nc: Bus['nc']) => void,
): Promise<Set<string>> {
  const found = await objections(user, act);
  const relevant = found.filter((error) => error instanceof PermissionViolationError && error.operation === operation);
  return new Set(relevant.map((error) => (error instanceof PermissionViolationError ? error.subject : '')));
}

const sorted = (subjects: Iterable<string>): string[] => [...subjects].toSorted();

describe.each(USER_NAMES)('user %s', (user) => {
  test('when it publishes to every subject and asks every question then exactly the expected ones are let through', async () => {
    const no = await refused(user, 'publish', (nc) => {
      for (const subject of universe) nc.publish(subject);
    });
    const yes = universe.filter((subject) => !no.has(subject));
    expect(sorted(yes)).toEqual(sorted(new Set(mayPublish[user])));
  });

  test('when it subscribes to everything then only its own inboxes and what it may watch are let through', async () => {
    const inboxes = USER_NAMES.map((other) => `_INBOX.${other}.x`);
    const all = [...subscriptions, ...inboxes, `_INBOX.${user}`, '_INBOX.x'];
    const no = await refused(user, 'subscription', (nc) => {
      for (const subject of all) nc.subscribe(subject, { callback: () => undefined });
    });
    const yes = all.filter((subject) => !no.has(subject));
    expect(sorted(yes)).toEqual(sorted([`_INBOX.${user}.x`, ...(maySubscribe[user] ?? [])]));
  });

  test("when it publishes into another user's inbox then it is refused", async () => {
    const inboxes = USER_NAMES.map((other) => `_INBOX.${other}.x`);
    const no = await refused(user, 'publish', (nc) => {
      for (const subject of inboxes) nc.publish(subject);
    });
    expect(sorted(no)).toEqual(sorted(inboxes));
  });
});

/** Every kind of message subject, marked, as a place where an answer could be made to land. */
const targets = (mark: string): string[] =>
  messageSubjects
    .filter((subject) => /^(?:kestrel|\$KV)\./.test(subject))
    .map((subject) => subject.replace(/[^.]+$/, mark));

/** Subjects that a user wrote only by naming them as reply, in either account. */
async function forged(user: UserName): Promise<Record<Account, string[]>> {
  const [data, control] = await Promise.all([fixture.storedSubjects('DATA'), fixture.storedSubjects('CONTROL')]);
  const marked = (subjects: string[]): string[] => subjects.filter((subject) => subject.endsWith(`forged-by-${user}`));
  return { DATA: marked(data), CONTROL: marked(control) };
}

const everySubject = async (): Promise<string[][]> => [
  await fixture.storedSubjects('DATA'),
  await fixture.storedSubjects('CONTROL'),
];

async function attack(user: UserName): Promise<void> {
  const { nc } = bus(user);
  for (const subject of mayPublish[user]) {
    for (const reply of targets(`forged-by-${user}`)) nc.publish(subject, '', { reply });
  }
  await nc.flush();
}

describe('replies', () => {
  test('given every foreign subject as reply to everything allowed then no answer lands in the other account', async () => {
    for (const user of USER_NAMES) await attack(user);
    // The attack shows where nothing stops it (the positive control), and all of its answers have landed.
    await eventually(async () => (await forged('executor-data')).DATA.length > 0);
    await eventually(async () => (await forged('executor-control')).CONTROL.length > 0);
    await eventually(async () => isDeepStrictEqual(await everySubject(), await everySubject()), { intervalMs: 200 });
    for (const user of USER_NAMES) {
      const { [USERS[user].account === 'DATA' ? 'CONTROL' : 'DATA']: elsewhere } = await forged(user);
      expect({ user, elsewhere }).toEqual({ user, elsewhere: [] });
    }
  });

  test('given an isolated user then no answer lands anywhere; given another then some do: a limit of NATS, and why there are accounts', async () => {
    const isolated = USER_NAMES.filter((user) => USERS[user].isolated);
    expect(isolated).toEqual(['flow-collector', 'als-gateway']);
    for (const user of isolated) expect(await forged(user)).toEqual({ DATA: [], CONTROL: [] });
    expect((await forged('executor-data')).DATA).toContain('kestrel.resources.core.Pod.ns.forged-by-executor-data');
  });

  test('given a reply that names an internal subject of the server then it is refused', async () => {
    const errors = await objections('ingester', (nc) => {
      for (const reply of ['$JS.ACK.KESTREL_COMMANDS.executor.1.1.1.1.1', '_R_.x', '_GR_.a.b.c']) {
        nc.publish('kestrel.events.ingester.kind', 'x', { reply });
      }
    });
    expect(errors).toHaveLength(3);
  });

  test('given a rollup header on an own subject then it does not empty the stream', async () => {
    const { nc } = bus('ingester');
    const rollup = headers();
    rollup.set('Nats-Rollup', 'all');
    const answer = await nc.request('$KV.kestrel_leases.ingester.main', 'x', { headers: rollup, timeout: 2_000 });
    expect(answer.string()).toContain('rollup not permitted');
  });

  test('given an isolated user then its own publishes and leases work', async () => {
    await using election = new LeaseElection(bus('flow-collector'), {
      key: leaseKey('flow-collector', 'relay'),
      holder: 'relay-1',
      log: silent,
    });
    const publishing = Promise.withResolvers<{ seq: number }>();
    const running = election.run(async (lease) => {
      const fence = await Fence.take(bus('flow-collector'), 'relay', {
        holder: 'relay-1',
        term: lease.term,
        stream: 'KESTREL_FLOWS',
      });
      const options = { stream: 'KESTREL_FLOWS', log: silent, inFlightMax: 10, ackTimeoutMs: 2_000, fence } as const;
      await using publisher = new Publisher(bus('flow-collector'), options);
      publishing.resolve(await publisher.publish(outgoing('kestrel.flows.l4.node-1', 'own')));
    });
    expect((await publishing.promise).seq).toBeGreaterThan(0);
    await election[Symbol.asyncDispose]();
    await running;
  });
});
