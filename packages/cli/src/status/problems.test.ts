import { describe, expect, test } from 'vitest';
import { problemsOf } from './problems.ts';
import type { StatusReadings } from './read-status.ts';

const services: StatusReadings['services'] = ['ingester', 'uplink'].map((service) => ({
  service,
  instance: `${service}-1`,
  from: 'http://x',
  reachable: true,
  ready: true,
  components: { bus: { ready: true, sinceMs: 0 } },
  status: {},
}));
const present = { state: 'present', messages: 0, bytes: 0, firstSeq: 1, lastSeq: 0, consumers: 0 } as const;

const good: StatusReadings = {
  services,
  accounts: [
    { account: 'DATA', user: 'inspector', from: 'x', connected: true },
    { account: 'CONTROL', user: 'inspector-control', from: 'x', connected: true },
  ],
  streams: [
    { stream: 'KESTREL_RESOURCES', from: 'DATA', ...present },
    // Nobody who writes to these runs here.
    { stream: 'KESTREL_FLOWS', from: 'DATA', state: 'absent' },
    { stream: 'KESTREL_AUDIT', from: 'CONTROL', state: 'absent' },
  ],
  leases: [
    { account: 'DATA', from: 'b', leases: [{ key: 'ingester.all', holder: 'i', term: 1 }] },
    { account: 'CONTROL', from: 'b', leases: [{ key: 'uplink.session', holder: 'u', term: 1 }] },
  ],
  uplinks: [{ instance: 'uplink-1', from: 'x', cursors: [] }],
  mirror: { from: 'b', cursors: [] },
  lags: [],
};
const [data, control] = good.accounts;

function withLeases(one: StatusReadings['leases'][number]): string[] {
  return problemsOf({ ...good, leases: [one] });
}

describe('problemsOf', () => {
  test('given everything read and ready then there is none, though streams that nobody writes to are absent', () => {
    expect(problemsOf(good)).toEqual([]);
  });

  test('given components that are not ready then each is told with its reason', () => {
    const components = { bus: { ready: false, reason: 'no server', sinceMs: 0 }, lease: { ready: false, sinceMs: 0 } };
    const read = { ...good, services: services.map((one) => ({ ...one, ready: false, components })).slice(0, 1) };
    expect(problemsOf({ ...read, leases: [] })).toEqual([
      'ingester ingester-1: bus: no server',
      'ingester ingester-1: lease: not ready',
    ]);
  });

  test('given a service that shuts down with ready components then that is told', () => {
    const read = { ...good, services: services.map((one) => ({ ...one, ready: false })) };
    expect(problemsOf(read)).toEqual(['ingester ingester-1: not ready', 'uplink uplink-1: not ready']);
  });

  test('given an account that cannot be entered then it is told once, not for each stream and lease', () => {
    const error = 'no bus';
    const read: StatusReadings = {
      ...good,
      accounts: [
        { account: 'DATA', user: 'inspector', from: 'x', connected: false, error },
        ...(control ? [control] : []),
      ],
      streams: [{ stream: 'KESTREL_RESOURCES', from: 'DATA', state: 'unread', error }],
      leases: [{ account: 'DATA', from: 'b', error, leases: [] }],
    };
    expect(problemsOf(read)).toEqual(['account DATA: no bus']);
  });

  test('given a stream that is absent though its writer runs then that is told', () => {
    const read: StatusReadings = { ...good, streams: [{ stream: 'KESTREL_RESOURCES', from: 'DATA', state: 'absent' }] };
    expect(problemsOf(read)).toEqual(['stream KESTREL_RESOURCES: absent, though written to by ingester']);
  });

  test('given one stream that cannot be read then that is told', () => {
    const read: StatusReadings = {
      ...good,
      streams: [{ stream: 'KESTREL_FLOWS', from: 'DATA', state: 'unread', error: 'timeout' }],
    };
    expect(data?.connected).toBe(true);
    expect(problemsOf(read)).toEqual(['stream KESTREL_FLOWS: timeout']);
  });

  test('given leases that nobody holds, that never were, or whose bucket is gone then each is told', () => {
    expect(withLeases({ account: 'DATA', from: 'b', leases: [{ key: 'ingester.all', term: 4 }] })).toEqual([
      'lease ingester.all: nobody holds it',
    ]);
    expect(withLeases({ account: 'CONTROL', from: 'b', leases: [] })).toEqual([
      'lease of uplink: there is none in CONTROL',
    ]);
    expect(withLeases({ account: 'DATA', from: 'b', error: 'gone', leases: [] })).toEqual(['leases of DATA: gone']);
  });

  test('given a mirror that cannot be read then that is told, unless no uplink is expected', () => {
    const mirror = { from: 'b', error: 'gone', cursors: [] };
    expect(problemsOf({ ...good, mirror })).toEqual(['cursors: gone']);
    expect(problemsOf({ ...good, mirror, services: services.slice(0, 1), uplinks: [] })).toEqual([]);
  });

  test('given a connection that names no service then nothing can be said to be ready', () => {
    expect(problemsOf({ ...good, services: [] })).toEqual(['the connection file names no service']);
  });
});
