import { expect, it } from 'vitest';
import { readManifests } from '../../parse/read-manifests.ts';
import { lintAdminPolicies } from './lint-admin-policy.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'x', name: 'a', labels: { app: 'a' } },
  spec: { containers: [] },
};
const x = { namespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'x' } } };
const y = { namespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'y' } } };
const lint = (...specs: object[]): string[] => {
  const policies = specs.map((spec, index) => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'AdminNetworkPolicy',
    metadata: { name: `p${index}` },
    spec,
  }));
  const items = [pod, ...policies];
  const cluster = readManifests([
    { source: 'a.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) },
  ]);
  return lintAdminPolicies(cluster).map(({ code, object, path }) => `${code} ${object?.name} ${path}`);
};

it('nothing wrong gives nothing', () => {
  const ports = [{ portRange: { start: 1, end: 1 } }];
  expect(
    lint({ priority: 1, subject: x, ingress: [{ action: 'Deny', from: [x], ports }] }, { priority: 2, subject: x }),
  ).toEqual([]);
});

it('subjects and peers that are nobody', () => {
  const networks = { networks: ['0.0.0.0/0'] };
  expect(lint({ priority: 1, subject: y, egress: [{ action: 'Deny', to: [x, y, networks] }] })).toEqual([
    'ineffective p0 spec.subject',
    'ineffective p0 spec.egress[0].to[1]',
  ]);
});

it('ranges that end before they begin', () => {
  const ports = [{ portRange: { start: 2, end: 1 } }];
  expect(lint({ priority: 1, subject: x, ingress: [{ action: 'Deny', from: [x], ports }] })).toEqual([
    'ineffective p0 spec.ingress[0].ports[0]',
  ]);
});

it('policies with the same priority', () => {
  expect(lint({ priority: 1, subject: x }, { priority: 1, subject: x }, { priority: 2, subject: x })).toEqual([
    'assumed p1 spec.priority',
  ]);
});
