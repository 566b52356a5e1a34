import { headers } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { readPullStatus } from './pull-protocol.ts';

test.each([
  [404, 'No Messages', { kind: 'pull_over' }],
  [408, 'Request Timeout', { kind: 'pull_over' }],
  [409, 'Batch Completed', { kind: 'pull_over' }],
  [409, 'Message Size Exceeds MaxBytes', { kind: 'too_large' }],
  [409, 'Consumer Deleted', { kind: 'broken', reason: 'Consumer Deleted' }],
  [409, 'Leadership Change', { kind: 'broken', reason: 'Leadership Change' }],
  [503, 'No Responders', { kind: 'broken', reason: '503 No Responders' }],
  [100, 'Idle Heartbeat', { kind: 'heartbeat', lastConsumerSeq: undefined }],
] as const)('given status %i %s then it is understood', (code, description, expected) => {
  expect(readPullStatus(headers(code, description))).toEqual(expected);
});

test('given a heartbeat with the last delivery then a gap can be seen', () => {
  const status = headers(100, 'Idle Heartbeat');
  status.set('Nats-Last-Consumer', '12');
  expect(readPullStatus(status)).toEqual({ kind: 'heartbeat', lastConsumerSeq: 12 });
});
