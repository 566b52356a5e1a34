import { describe, expect, test } from 'vitest';
import type { Outcome } from '../model/cause.ts';
import type { Layer7, Request } from './layer7.ts';
import { layer7Allows } from './layer7-match.ts';

const http = (request: NonNullable<Request['http']>): Request => ({ http: request });
const cases: readonly [what: string, layer7: Layer7, request: Request, expected: Outcome][] = [
  ['no condition at all', { http: [{}] }, {}, 'allowed'],
  ['a method that fits', { http: [{ method: 'GET' }] }, http({ method: 'GET' }), 'allowed'],
  ['a method that is a part only', { http: [{ method: 'GET' }] }, http({ method: 'GETS' }), 'denied'],
  ['a method in another case', { http: [{ method: 'GET' }] }, http({ method: 'get' }), 'denied'],
  ['a path by expression', { http: [{ path: '/a/[0-9]+' }] }, http({ path: '/a/17' }), 'allowed'],
  ['a path that goes on', { http: [{ path: '/a' }] }, http({ path: '/a/b' }), 'denied'],
  ['a path of alternatives, whole', { http: [{ path: '/a|/b' }] }, http({ path: '/bc' }), 'denied'],
  ['a host', { http: [{ host: '.*\\.example\\.org' }] }, http({ host: 'www.example.org' }), 'allowed'],
  ['an unknown path', { http: [{ path: '/a' }] }, http({ method: 'GET' }), 'unknown'],
  ['no HTTP facts', { http: [{ path: '/a' }] }, {}, 'unknown'],
  [
    'a method that fails while the path is unknown',
    { http: [{ method: 'GET', path: '/a' }] },
    http({ method: 'PUT' }),
    'denied',
  ],
  ['the second of two', { http: [{ path: '/a' }, { path: '/b' }] }, http({ path: '/b' }), 'allowed'],
  ['one allowed beside one unknown', { http: [{ host: 'x' }, { path: '/b' }] }, http({ path: '/b' }), 'allowed'],
  ['one denied beside one unknown', { http: [{ host: 'x' }, { path: '/b' }] }, http({ path: '/c' }), 'unknown'],
  ['an expression that is none', { http: [{ host: '(' }] }, http({ host: '(' }), 'unknown'],
  ['a header that is there', { http: [{ headers: [{ name: 'x' }] }] }, http({ headers: { x: '' } }), 'allowed'],
  ['a header that is not', { http: [{ headers: [{ name: 'x' }] }] }, http({ headers: {} }), 'denied'],
  ['headers that are not known', { http: [{ headers: [{ name: 'x' }] }] }, http({}), 'unknown'],
  [
    'a header with its value',
    { http: [{ headers: [{ name: 'x', value: '1' }] }] },
    http({ headers: { x: '1' } }),
    'allowed',
  ],
  [
    'a header with another value',
    { http: [{ headers: [{ name: 'x', value: '1' }] }] },
    http({ headers: { x: '2' } }),
    'denied',
  ],
  [
    'a header that must have a secret value',
    { http: [{ headers: [{ name: 'x', secret: true }] }] },
    http({ headers: { x: '1' } }),
    'unknown',
  ],
  [
    'no header where it must have a secret value',
    { http: [{ headers: [{ name: 'x', secret: true }] }] },
    http({ headers: {} }),
    'denied',
  ],
  ['a name', { dns: [{ exact: 'example.org' }] }, { dnsName: 'Example.org.' }, 'allowed'],
  ['another name', { dns: [{ exact: 'example.org' }] }, { dnsName: 'www.example.org' }, 'denied'],
  ['a name by pattern', { dns: [{ pattern: '*.example.org' }] }, { dnsName: 'www.example.org' }, 'allowed'],
  ['an unknown name', { dns: [{ exact: 'example.org' }] }, {}, 'unknown'],
  ['no name allowed', { dns: [] }, { dnsName: 'example.org' }, 'denied'],
  ['a server name', { serverNames: ['*.example.org'] }, { sni: 'www.example.org' }, 'allowed'],
  ['another server name', { serverNames: ['*.example.org'] }, { sni: 'example.org' }, 'denied'],
  ['an unknown server name', { serverNames: ['*'] }, {}, 'unknown'],
  [
    'both a server name and a path, one failing',
    { serverNames: ['a.b'], http: [{ path: '/a' }] },
    { sni: 'a.b', http: { path: '/b' } },
    'denied',
  ],
  [
    'parts that are not known',
    { unknown: [{ code: 'unsupported', message: 'kafka' }] },
    http({ path: '/a' }),
    'unknown',
  ],
  [
    'a denial beside parts that are not known',
    { http: [{ path: '/a' }], unknown: [{ code: 'unsupported', message: 'kafka' }] },
    http({ path: '/b' }),
    'denied',
  ],
];

describe('layer7Allows', () => {
  test.each(cases)('given %s then the answer is right', (_, layer7, request, expected) => {
    expect(layer7Allows(layer7, request)).toBe(expected);
  });

  test('given an expression that makes backtracking engines stall then it still answers', () => {
    const layer7: Layer7 = { http: [{ path: '(a+)+b' }] };
    expect(layer7Allows(layer7, http({ path: 'a'.repeat(5000) }))).toBe('denied');
  });
});
