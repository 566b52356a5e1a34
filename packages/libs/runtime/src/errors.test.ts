import { describe, expect, it } from 'vitest';
import { errorChain, OperationalError } from './errors.ts';

describe('errorChain', () => {
  it('lists causes outermost first, with their codes', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:4222'), { code: 'ECONNREFUSED' });
    const lost = new OperationalError('bus_unreachable', 'NATS does not answer', { cause: refused });
    expect(errorChain(new TypeError('publish failed', { cause: lost }))).toEqual([
      { name: 'TypeError', message: 'publish failed' },
      { name: 'OperationalError', message: 'NATS does not answer', code: 'bus_unreachable' },
      { name: 'Error', message: 'connect ECONNREFUSED 127.0.0.1:4222', code: 'ECONNREFUSED' },
    ]);
  });

  it('opens an AggregateError, as Node throws it when every address of a name refuses', () => {
    const chain = errorChain(new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]));
    expect(chain.map((link) => link.message)).toEqual(['', '::1 refused', '127.0.0.1 refused']);
  });

  it('ends on cycles and on endless chains, and cuts long messages', () => {
    const knot = new Error('knot');
    knot.cause = new Error('inner', { cause: knot });
    expect(errorChain(knot)).toHaveLength(2);
    let deep = new Error('root');
    for (let depth = 0; depth < 100; depth += 1) deep = new Error(`level ${depth}`, { cause: deep });
    expect(errorChain(deep)).toHaveLength(8);
    expect(errorChain(new Error('x'.repeat(1_000_000)))[0]?.message.length).toBeLessThan(2_100);
  });

  it('says what it can of thrown values that are no errors', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    expect(errorChain('plain text')).toEqual([{ name: 'string', message: 'plain text' }]);
    expect(errorChain(undefined)).toEqual([{ name: 'undefined', message: 'undefined' }]);
    expect(errorChain({ status: 500 })).toEqual([{ name: 'object', message: '{"status":500}' }]);
    expect(errorChain(cyclic)).toEqual([{ name: 'object', message: '[object Object]' }]);
  });
});

describe('OperationalError', () => {
  it('is retryable unless it says otherwise, and has no cause property without a cause', () => {
    expect(new OperationalError('away', 'peer is away').retryable).toBe(true);
    expect(new OperationalError('denied', 'not allowed', { retryable: false }).retryable).toBe(false);
    expect(Object.hasOwn(new OperationalError('away', 'peer is away'), 'cause')).toBe(false);
  });
});
