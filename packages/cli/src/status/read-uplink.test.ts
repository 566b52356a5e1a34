import { describe, expect, test } from 'vitest';
import type { ServiceStatus } from './read-services.ts';
import { readUplinks } from './read-uplink.ts';

const uplink = (status: Record<string, unknown>): ServiceStatus => ({
  service: 'uplink',
  instance: 'uplink-1',
  from: 'http://x',
  reachable: true,
  ready: true,
  components: {},
  status,
});

describe('readUplinks', () => {
  test('given a full status then session, cursors, gaps and rejections are read; sequences may be text', () => {
    const gap = { stream: 'KESTREL_FLOWS', fromSeq: 1, toSeq: 9, reason: 'retention', count: 9, atMs: 5 };
    const status = {
      role: 'active',
      lease: { key: 'uplink.main', role: 'active', term: 3 },
      session: { open: true, id: 's', since: '1970-01-01T00:00:01.000Z', term: 3, windowBytes: 9 },
      streams: [{ name: 'KESTREL_RESOURCES', epoch: 'e1', lastSeq: 50, committedSeq: '42', lag: 8, creditBytes: 1 }],
      gaps: [gap],
      snapshot: 'snap-1',
      rejected: 2,
      lastCommitAt: '1970-01-01T00:00:02.000Z',
    };
    expect(readUplinks([uplink(status)])).toEqual([
      {
        instance: 'uplink-1',
        from: 'http://x/statusz',
        role: 'active',
        term: 3,
        session: { open: true, id: 's', since: '1970-01-01T00:00:01.000Z' },
        cursors: [{ stream: 'KESTREL_RESOURCES', epoch: 'e1', committedSeq: 42, from: 'http://x/statusz' }],
        gaps: [gap],
        snapshot: 'snap-1',
        rejected: 2,
        lastCommitAt: '1970-01-01T00:00:02.000Z',
      },
    ]);
  });

  test('given no session then the reason is told', () => {
    const session = { open: false, problem: 'the cloud refuses the identity', highestTerm: 2 };
    const status = { role: 'active', session, streams: [], snapshot: null, lastCommitAt: null };
    expect(readUplinks([uplink(status)])).toEqual([
      {
        instance: 'uplink-1',
        from: 'http://x/statusz',
        role: 'active',
        session: { open: false, problem: 'the cloud refuses the identity' },
        cursors: [],
      },
    ]);
  });

  test('given a status of another shape then the reason is told', () => {
    expect(readUplinks([uplink({ streams: 'none' })])).toEqual([
      { instance: 'uplink-1', from: 'http://x/statusz', error: expect.stringContaining('streams'), cursors: [] },
    ]);
  });

  test('given other services and uplinks that do not answer then there is nothing to read', () => {
    const down: ServiceStatus = { service: 'uplink', instance: 'u', from: 'x', reachable: false, error: 'no' };
    expect(readUplinks([down, { ...uplink({}), service: 'ingester' }])).toEqual([]);
  });
});
