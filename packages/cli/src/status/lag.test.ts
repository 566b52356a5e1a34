import { describe, expect, test } from 'vitest';
import { lags } from './lag.ts';
import type { Cursor } from './read-cursors.ts';
import type { StreamStatus } from './read-streams.ts';
import type { UplinkStatus } from './read-uplink.ts';

const figures = { messages: 3, bytes: 10, firstSeq: 1, consumers: 0 };
const flows: StreamStatus = {
  stream: 'KESTREL_FLOWS',
  from: 'DATA',
  state: 'present',
  epoch: 'e1',
  lastSeq: 100,
  ...figures,
};
const cursor = (committedSeq: number, epoch = 'e1', from = 'mirror'): Cursor => ({
  stream: 'KESTREL_FLOWS',
  epoch,
  committedSeq,
  from,
});
const uplink = (role: string, cursors: Cursor[]): UplinkStatus => ({ instance: role, from: role, role, cursors });

describe('lags', () => {
  test('given a cursor of the present epoch then the distance is told', () => {
    expect(lags([flows], [], [cursor(60)])).toEqual([
      { stream: 'KESTREL_FLOWS', from: 'mirror', epoch: 'e1', committedSeq: 60, behind: 40 },
    ]);
  });

  test('given an active uplink then its own cursor counts, not the mirror and not the standby', () => {
    const uplinks = [uplink('standby', [cursor(1, 'e1', 'standby')]), uplink('active', [cursor(90, 'e1', 'active')])];
    expect(lags([flows], uplinks, [cursor(60)])).toEqual([expect.objectContaining({ from: 'active', behind: 10 })]);
  });

  test.each<[string, StreamStatus, Cursor, RegExp]>([
    ['another epoch', flows, cursor(60, 'e0'), /is in epoch e1/],
    ['a cursor beyond the end', flows, cursor(101), /ends at 100/],
    [
      'a stream that is absent',
      { stream: 'KESTREL_FLOWS', from: 'DATA', state: 'absent' },
      cursor(1),
      /no such stream/,
    ],
    [
      'a stream that is unread',
      { stream: 'KESTREL_FLOWS', from: 'DATA', state: 'unread', error: 'x' },
      cursor(1),
      /could not be read/,
    ],
  ])('given %s then no number is made up', (_, stream, at, reason) => {
    const [lag] = lags([stream], [], [at]);
    expect(lag?.behind).toBeUndefined();
    expect(lag?.reason).toMatch(reason);
  });

  test('given no cursor then there is no row', () => {
    expect(lags([flows], [], [])).toEqual([]);
  });
});
