import { describe, expect, it } from 'vitest';
import type { Pod } from '../model/cluster.ts';
import { clusterOf, deployment } from '../testing/recommendation/shop.ts';
import { portName } from './allowances.ts';

const podsWith = (...ports: readonly (number | undefined)[]): readonly Pod[] =>
  clusterOf(ports.map((port, at) => deployment('shop', `pod-${at}`, port === undefined ? {} : { port }))).pods;
const tcp = (port: number) => ({ protocol: 'TCP', port }) as const;

describe('portName', () => {
  it('given pods that all have a name for the port, then it is that name', () => {
    expect(portName(podsWith(80, 80), tcp(80))).toBe('http');
  });

  it.each([
    ['none of them has the port', [undefined], 80],
    ['one of them does not name it', [80, undefined], 80],
    ['one of them has the name for another port', [80, 8080], 80],
    ['there are no pods', [], 80],
  ] as const)('given that %s, then the number stays', (_, ports, port) => {
    expect(portName(podsWith(...ports), tcp(port))).toBeUndefined();
  });

  it('given a name for the port of another protocol, then the number stays', () => {
    expect(portName(podsWith(80), { protocol: 'UDP', port: 80 })).toBeUndefined();
  });
});
