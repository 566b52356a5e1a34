import { describe, expect, test } from 'vitest';
import { parseLines, type JsonLine } from './json-lines.ts';

async function read(chunks: readonly (string | Uint8Array)[], bytesMax?: number): Promise<JsonLine[]> {
  async function* source(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  return await Array.fromAsync(parseLines(source(), bytesMax));
}

describe('parseLines', () => {
  test('given lines in any pieces then they are the same', async () => {
    const text = '{"a":1}\r\n\n[2]\n"ü"';
    const whole = await read([text]);
    expect(whole).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 3, value: [2] },
      { line: 4, value: 'ü' },
    ]);
    const bytes = Buffer.from(text);
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(await read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
    }
  });

  test('given a line that is no JSON, no UTF-8 or too long then it alone is an error', async () => {
    const lines = await read(['{"a":\n', Uint8Array.of(0x22, 0xff, 0x22, 0x0a), `"${'x'.repeat(20)}"\n`, 'true\n'], 16);
    expect(lines).toEqual([
      { line: 1, error: expect.stringMatching(/^no JSON: /) },
      { line: 2, error: expect.stringMatching(/^no JSON: /) },
      { line: 3, error: 'the line is longer than 16 bytes' },
      { line: 4, value: true },
    ]);
  });

  test('given nothing then there is nothing', async () => {
    expect(await read([])).toEqual([]);
    expect(await read(['\n\n'])).toEqual([]);
  });
});
