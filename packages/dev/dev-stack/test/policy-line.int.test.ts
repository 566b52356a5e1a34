import { tempDir } from '@kestrel/testkit';
import { expect, test } from 'vitest';
import { policyLine } from '../src/demo/policy-line.ts';

const event = (type: string, data: object): string =>
  JSON.stringify({
    stream: 'KESTREL_RESOURCES',
    epoch: 'e',
    seq: '1',
    subject: 'kestrel.resources.x',
    attributes: { 'ce-type': `ai.usekestrel.resource.${type}.v1` },
    data,
  });
const pod = (name: string): object => ({
  ref: { version: 'v1', kind: 'Pod', namespace: 'shop', name },
  labels: { app: name },
  pod: { phase: 'Running', ips: ['10.0.0.1'] },
});
const policy = {
  ref: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', namespace: 'shop', name: 'cart' },
  policy: { spec: { podSelector: { matchLabels: { app: 'cart' } }, policyTypes: ['Ingress'] } },
};

async function line(events: readonly string[]): Promise<string> {
  await using folder = await tempDir('kestrel-policy-line-');
  async function* eventLines(): AsyncGenerator<string> {
    yield* events;
  }
  return await policyLine({ eventLines }, folder.path);
}

test('given committed records then what their policies do is told in one line', async () => {
  const events = [event('observed', pod('web')), event('observed', pod('cart')), event('observed', policy)];
  // web and cart may ask the two ranges of the world, and cart may ask web, which the world may ask, too.
  expect(await line(events)).toBe('2 workloads, 7 connections allowed, 1 workloads unprotected');
});

test('given a record that can’t be used then it fails with what kestrelctl said', async () => {
  await expect(line([event('observed', { ref: {} })])).rejects.toThrow(
    /ended with 2: .*:1: ref: kind and name are needed/,
  );
});
