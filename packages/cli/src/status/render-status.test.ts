import { describe, expect, test } from 'vitest';
import type { StatusReport } from './read-status.ts';
import { renderStatus } from './render-status.ts';

const report: StatusReport = {
  ok: true,
  problems: [],
  at: '2026-01-01T00:00:10.000Z',
  cluster: { id: 'c-1', name: 'demo' },
  connection: '/c.json',
  services: [
    { service: 'ingester', instance: 'i-1', from: 'http://i', reachable: false, error: 'fetch failed' },
    {
      service: 'uplink',
      instance: 'u-1',
      from: 'http://u',
      reachable: true,
      ready: false,
      components: {
        lease: { ready: true, sinceMs: 0 },
        token: { ready: false, reason: 'wrong secret', sinceMs: Date.parse('2026-01-01T00:00:07.000Z') },
      },
      status: { role: 'active' },
    },
  ],
  accounts: [
    { account: 'DATA', user: 'inspector', from: 'n:1', connected: true },
    { account: 'CONTROL', user: 'inspector-control', from: 'n:1', connected: false, error: 'refused' },
  ],
  streams: [
    {
      stream: 'KESTREL_FLOWS',
      from: 'DATA',
      state: 'present',
      messages: 12_345,
      bytes: 2_048,
      firstSeq: 6,
      lastSeq: 12_350,
      lastAt: '2026-01-01T00:00:06.000Z',
      consumers: 1,
    },
    { stream: 'KESTREL_EDGES', from: 'DATA', state: 'absent' },
    { stream: 'KESTREL_AUDIT', from: 'CONTROL', state: 'unread', error: 'no bus' },
  ],
  leases: [
    {
      account: 'DATA',
      from: 'bucket',
      leases: [
        { key: 'ingester.main', holder: 'i-1', term: 4, expiresAt: '2026-01-01T00:00:18.000Z' },
        { key: 'ingester.other', term: 2 },
      ],
      leftOut: 3,
    },
    { account: 'CONTROL', from: 'bucket', error: 'no bus', leases: [] },
  ],
  uplinks: [
    {
      instance: 'u-1',
      from: 'http://u/statusz',
      role: 'active',
      term: 4,
      session: { open: true, since: '2026-01-01T00:00:00.000Z' },
      snapshot: 's-1',
      lastCommitAt: '2026-01-01T00:00:09.000Z',
      gaps: [{ stream: 'KESTREL_FLOWS', fromSeq: 1, toSeq: 5, reason: 'retention', count: 0, atMs: 0 }],
      rejected: 2,
      cursors: [],
    },
    { instance: 'u-2', from: 'http://v/statusz', error: 'session: wrong', cursors: [] },
  ],
  mirror: { from: 'bucket', cursors: [] },
  lags: [
    { stream: 'KESTREL_FLOWS', from: 'http://u/statusz', committedSeq: 12_340, epoch: 'e1', behind: 10 },
    { stream: 'KESTREL_AUDIT', from: 'bucket', committedSeq: 1, epoch: 'e2', reason: 'the stream could not be read' },
  ],
};

/** Lines with their runs of spaces made one: columns are the table's own test. */
const lines = (shown: string): string[] => shown.split('\n').map((line) => line.replaceAll(/ +/g, ' ').trim());

describe('renderStatus', () => {
  test('given a report then every row is shown with its reason and its source', () => {
    expect(lines(renderStatus(report))).toEqual(
      expect.arrayContaining([
        'cluster demo (c-1), read at 2026-01-01T00:00:10.000Z as /c.json says',
        'ingester i-1 - UNREACHABLE at http://i: fetch failed',
        'uplink u-1 active NOT READY http://u',
        'token: wrong secret, for 3 s',
        'DATA inspector connected n:1',
        'CONTROL inspector-control UNREACHABLE at n:1: refused',
        'KESTREL_FLOWS 12,345 2.0 KiB 6 12350 4 s ago 1 - DATA',
        'KESTREL_EDGES absent - - - - - - DATA',
        'KESTREL_AUDIT unread in CONTROL: no bus',
        'KESTREL_FLOWS 12340 10 e1 http://u/statusz',
        'KESTREL_AUDIT 1 unknown: the stream could not be read e2 bucket',
        'ingester.main i-1 4 8 s DATA bucket',
        'ingester.other NOBODY 2 - DATA bucket',
        'and 3 more - - - DATA bucket',
        'unread in CONTROL bucket: no bus',
        'u-1 active 4 open for 10 s, snapshot under way 1 s ago 1 2 http://u/statusz',
        'u-2 unread at http://v/statusz: session: wrong',
        'KESTREL_FLOWS 1 to 5 unknown retention 20454 d ago u-1',
        'OK: everything was read and is ready',
      ]),
    );
  });

  test('given problems then they are the verdict', () => {
    const shown = renderStatus({ ...report, ok: false, problems: ['a is down', 'b is late'] });
    expect(shown).toMatch(/\nNOT OK\n {2}a is down\n {2}b is late\n$/);
  });

  test('given no session then the reason is told, and without gaps there is no section for them', () => {
    const session = { open: false, problem: 'the cloud refuses the token' };
    const shown = renderStatus({ ...report, uplinks: [{ instance: 'u', from: 'f', session, cursors: [] }], lags: [] });
    expect(lines(shown)).toContain('u - - none: the cloud refuses the token - - - f');
    expect(shown).not.toMatch(/^GAPS$/m);
    expect(shown).toMatch(/COMMITTED BY THE CLOUD\n {2}nothing was read\n/);
  });
});
