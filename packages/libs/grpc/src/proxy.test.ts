import { describe, expect, it } from 'vitest';
import { proxyFor } from './proxy.ts';

const https_proxy = 'http://proxy.corp:3128';

describe('proxyFor', () => {
  it('finds the proxy in either spelling, the lower-case one first, empty ones not at all', () => {
    expect(proxyFor('cloud.example', 443, { https_proxy })).toEqual({ host: 'proxy.corp', port: 3128 });
    expect(proxyFor('cloud.example', 443, { HTTPS_PROXY: 'proxy.corp' })).toEqual({ host: 'proxy.corp', port: 80 });
    expect(proxyFor('cloud.example', 443, { https_proxy, HTTPS_PROXY: 'http://other' })?.host).toBe('proxy.corp');
    expect(proxyFor('cloud.example', 443, { https_proxy: '', HTTPS_PROXY: ' ' })).toBeUndefined();
    expect(proxyFor('cloud.example', 443, { http_proxy: https_proxy })).toBeUndefined();
  });

  it('decodes the proxy’s own credentials', () => {
    const proxy = proxyFor('cloud.example', 443, { https_proxy: 'http://user:p%40ss@proxy.corp:3128' });
    expect(proxy?.credentials).toBe('user:p@ss');
  });

  it.each(['https://proxy.corp', 'socks5://proxy.corp', 'http://'])('refuses a proxy it cannot use: %s', (wrong) => {
    expect(() => proxyFor('cloud.example', 443, { https_proxy: wrong })).toThrow('not an http:// URL');
  });

  it.each([
    ['*', 'cloud.example', true],
    ['cloud.example', 'cloud.example', true],
    ['example', 'cloud.example', true],
    ['EXAMPLE', 'Cloud.Example', true],
    ['loud.example', 'cloud.example', false],
    ['.example', 'cloud.example', true],
    ['.cloud.example', 'cloud.example', false],
    ['*.example', 'cloud.example', true],
    ['cloud.example:443', 'cloud.example', true],
    ['cloud.example:8443', 'cloud.example', false],
    [' other.example , cloud.example ', 'cloud.example', true],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/33', '10.1.2.3', false],
    ['10.0.0.0/x', '10.1.2.3', false],
    ['0.0.0.0/0', 'cloud.example', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3:443', '10.1.2.3', true],
    ['2.3', '10.1.2.3', false],
    ['fd00::/8', '[fd00::1]', true],
    ['fd00::/8', '[fe80::1]', false],
    ['[::1]:443', '[::1]', true],
    ['', 'cloud.example', false],
    [',,', 'cloud.example', false],
  ])('no_proxy %j and host %s: exempt is %s', (no_proxy, host, exempt) => {
    expect(proxyFor(host, 443, { https_proxy, no_proxy }) === undefined).toBe(exempt);
    expect(proxyFor(host, 443, { https_proxy, NO_PROXY: no_proxy }) === undefined).toBe(exempt);
  });
});
