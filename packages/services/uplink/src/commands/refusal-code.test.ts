import { OperationalError } from '@kestrel/runtime';
import { expect, test } from 'vitest';
import { refusalCode } from './refusal-code.ts';

const isTrusted = true;
const failure = (code: string) => new OperationalError(code, 'so it is');

test.each(['stream_missing', 'not_allowed', 'bus_refused', 'bus_timeout', 'bus_protocol', 'publish_refused', 'closed'])(
  'given a good command and a bus with %s, then nothing is said and the cloud sends it again',
  (code) => {
    expect(refusalCode(failure(code), { isTrusted })).toBeUndefined();
  },
);

test.each([
  ['stream_full', 'queue_full'],
  ['overloaded', 'too_many_commands'],
  ['too_large', 'too_large'],
])('given a good command and %s, then it is refused with %s', (code, said) => {
  expect(refusalCode(failure(code), { isTrusted })).toBe(said);
});

test('given a command that is not trusted, then it is refused with the code of its flaw', () => {
  expect(refusalCode(failure('signature_invalid'), { isTrusted: false })).toBe('signature_invalid');
});
