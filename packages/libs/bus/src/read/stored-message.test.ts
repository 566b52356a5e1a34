import { describe, expect, test } from 'vitest';
import { readDelivery } from './stored-message.ts';

describe('the place of a delivered message', () => {
  const place = { streamSeq: 7, consumerSeq: 3, time: new Date(1_700_000_000_123), pending: 9 };

  test('given both forms of an acknowledgement subject then they are read', () => {
    expect(readDelivery('$JS.ACK.S.c.1.7.3.1700000000123456789.9')).toEqual(place);
    expect(readDelivery('$JS.ACK._.hash.S.c.1.7.3.1700000000123456789.9')).toEqual(place);
    expect(readDelivery('$JS.ACK.domain.hash.S.c.1.7.3.1700000000123456789.9.token')).toEqual(place);
  });

  test.each([
    '',
    '_INBOX.x',
    '$JS.ACK.S.c.1.7.3.9',
    '$JS.ACK.S.c.1.x.3.4.9',
    '$JS.ACK.a.S.c.1.7.3.1700000000123456789.9',
  ])('given %j then it is none', (subject) => {
    expect(readDelivery(subject)).toBeUndefined();
  });
});
