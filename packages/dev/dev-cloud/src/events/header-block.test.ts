import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHeaderBlock } from './header-block.ts';

const block = (text: string): Uint8Array => Buffer.from(text);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);

describe('a header block', () => {
  test('given any names and values, then they are read as they were written', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 8, noNullPrototype: true }), (headers) => {
        const lines = Object.entries(headers).map(([key, text]) => `${key}: ${text}\r\n`);
        expect(parseHeaderBlock(block(`NATS/1.0\r\n${lines.join('')}\r\n`))).toEqual(headers);
      }),
    );
  });

  test('given a message without headers, then there are none', () => {
    expect(parseHeaderBlock(new Uint8Array())).toEqual({});
  });

  test.each([
    ['another protocol', 'HTTP/1.1\r\na: b\r\n\r\n'],
    ['no end', 'NATS/1.0\r\na: b\r\n'],
    ['a line without a colon', 'NATS/1.0\r\nab\r\n\r\n'],
    ['a line without a name', 'NATS/1.0\r\n: b\r\n\r\n'],
    ['something after the end', 'NATS/1.0\r\na: b\r\n\r\nc: d\r\n'],
    ['a cut line', 'NATS/1.0\r\na: b'],
  ])('given %s, then it is no header block', (_what, text) => {
    expect(parseHeaderBlock(block(text))).toBeUndefined();
  });
});
