import { describe, expect, test } from 'vitest';
import { layer7Of } from './layer7-rules.ts';

describe('layer7Of', () => {
  test('given headers in their three forms then names, values and presence are read', () => {
    const rules = { http: [{ headers: ['X-Key: true', 'X-Other on', 'X-Here'] }] };
    expect(layer7Of({ rules }, [])).toEqual({
      http: [{ headers: [{ name: 'x-key', value: 'true' }, { name: 'x-other', value: 'on' }, { name: 'x-here' }] }],
    });
  });

  test('given header matches then those with a mismatch action restrict nothing and secrets are unknown values', () => {
    const headerMatches = [
      { name: 'A', value: '1' },
      { name: 'B' },
      { name: 'C', value: '2', mismatch: 'REPLACE' as const },
      { name: 'D', secret: { name: 's' }, value: 'fallback' },
    ];
    expect(layer7Of({ rules: { http: [{ headerMatches }] } }, [])).toEqual({
      http: [{ headers: [{ name: 'a', value: '1' }, { name: 'b' }, { name: 'd', secret: true }] }],
    });
  });

  test('given empty rules then nothing is restricted; given an empty rule then every request fits', () => {
    expect(layer7Of({ rules: {} }, [])).toBeUndefined();
    expect(layer7Of({ rules: { http: [] } }, [])).toBeUndefined();
    expect(layer7Of({ rules: { http: [{}] } }, [])).toEqual({ http: [{}] });
  });

  test('given names, patterns and server names then they are in lower case', () => {
    const rules = { dns: [{ matchName: 'Example.ORG.' }, { matchPattern: '*.Example.org' }] };
    expect(layer7Of({ rules, serverNames: ['A.b'] }, [])).toEqual({
      dns: [{ exact: 'example.org' }, { pattern: '*.example.org' }],
      serverNames: ['a.b'],
    });
  });

  test('given a listener of its own then requests can not be judged', () => {
    const listener = { name: 'l', envoyConfig: { name: 'e' } };
    expect(layer7Of({ listener }, [])).toEqual({ unknown: [{ code: 'unsupported', message: expect.any(String) }] });
  });
});
