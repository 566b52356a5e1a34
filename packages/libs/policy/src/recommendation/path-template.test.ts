import { describe, expect, it } from 'vitest';
import { ciliumPath, istioPath, parsePathTemplate } from './path-template.ts';

const cases: readonly [recorded: string, istio: string | undefined, cilium: string][] = [
  ['/', '/', String.raw`/(\?.*)?`],
  ['/orders', '/orders', String.raw`/orders(\?.*)?`],
  ['/orders/{id}', '/orders/{*}', String.raw`/orders/[^/?]+(\?.*)?`],
  ['/orders/{id}/items/{item}', '/orders/{*}/items/{*}', String.raw`/orders/[^/?]+/items/[^/?]+(\?.*)?`],
  ['/static/**', '/static/{**}', String.raw`/static/[^?]*(\?.*)?`],
  ['/v1.0/a+b', '/v1.0/a+b', String.raw`/v1\.0/a\+b(\?.*)?`],
  ['/pkg.Service/Method', '/pkg.Service/Method', String.raw`/pkg\.Service/Method(\?.*)?`],
  ['/a*b', undefined, String.raw`/a\*b(\?.*)?`],
  ['/x{y}z', undefined, String.raw`/x\{y\}z(\?.*)?`],
];

describe('path templates', () => {
  it.each(cases)('given %s, then Istio writes %s and Cilium %s', (recorded, istio, cilium) => {
    const template = parsePathTemplate(recorded);
    expect(istioPath(template)).toBe(istio);
    expect(ciliumPath(template)).toBe(cilium);
  });

  it('given a variable segment, then its expression matches one segment and no other path', () => {
    const expression = new RegExp(`^(?:${ciliumPath(parsePathTemplate('/orders/{id}'))})$`);
    expect(['/orders/7', '/orders/7?full=1'].every((path) => expression.test(path))).toBe(true);
    expect(['/orders', '/orders/', '/orders/7/items', '/x/orders/7'].some((path) => expression.test(path))).toBe(false);
  });
});
