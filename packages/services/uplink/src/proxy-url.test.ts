import { Secret } from '@kestrel/runtime';
import { expect, test } from 'vitest';
import { proxyUrl } from './proxy-url.ts';

const httpsProxy = 'http://proxy.example.test:3128/';

test('given no credentials, then the proxy is dialled as it is named', () => {
  expect(proxyUrl({ httpsProxy, credentials: undefined, noProxy: undefined })).toBe(httpsProxy);
  expect(proxyUrl({ httpsProxy: undefined, credentials: new Secret('a:b'), noProxy: undefined })).toBeUndefined();
});

test('given credentials with the signs of a URL in them, then both come out as they went in', () => {
  const url = new URL(proxyUrl({ httpsProxy, credentials: new Secret('me@home:p:a/s%s'), noProxy: undefined }) ?? '');
  expect([url.host, decodeURIComponent(url.username), decodeURIComponent(url.password)]).toEqual([
    'proxy.example.test:3128',
    'me@home',
    'p:a/s%s',
  ]);
});
