import { describe, expect, test } from 'vitest';
import { scene } from '../cilium-scene.ts';
import { KUBERNETES_EXAMPLES } from './cilium-kubernetes-examples.ts';
import { LAYER3_EXAMPLES } from './cilium-layer3-examples.ts';
import { LAYER4_EXAMPLES } from './cilium-layer4-examples.ts';

describe('documented examples of Cilium', () => {
  for (const { source, pods, policies, profile, more, asks } of [
    ...LAYER3_EXAMPLES,
    ...LAYER4_EXAMPLES,
    ...KUBERNETES_EXAMPLES,
  ]) {
    test(`given ${source} then the verdicts are what its text says`, () => {
      const { outcome, problems } = scene(pods, policies, { ...(profile && { profile }), ...(more && { more }) });
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      const answers = asks.map(([from, to, port, , o]) => [from, to, port, outcome(from, to, port, o)]);
      expect(answers).toEqual(asks.map(([from, to, port, expected]) => [from, to, port, expected]));
    });
  }
});
