import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkPolicyOf } from '../../testing/policy-of.ts';
import { readNetworkPolicy } from './network-policy.ts';

const read = (spec: unknown) => readNetworkPolicy(networkPolicyOf(spec));
const ingress = (...rules: unknown[]): unknown => ({ podSelector: {}, ingress: rules });
const port = (fields: unknown): unknown => ingress({ ports: [fields] });
const peer = (fields: unknown): unknown => ingress({ from: [fields] });
const block = (cidr: unknown, ...except: unknown[]): unknown => peer({ ipBlock: { cidr, except } });

describe('a NetworkPolicy gets the defaults of the API server', () => {
  it.each([
    ['policyTypes absent, no egress', {}, ['Ingress']],
    ['policyTypes absent, egress rules', { egress: [{}] }, ['Ingress', 'Egress']],
    ['policyTypes absent, an empty egress list', { egress: [] }, ['Ingress']],
    ['policyTypes empty, egress rules', { policyTypes: [], egress: [{}] }, ['Ingress', 'Egress']],
    ['policyTypes null', { policyTypes: null, egress: null }, ['Ingress']],
    ['policyTypes given', { policyTypes: ['Egress'], ingress: [{}] }, ['Egress']],
  ])('%s', (_, spec, expected) => {
    expect(read(spec).value?.policyTypes).toEqual(expected);
  });

  it('protocol is TCP, absent lists are empty, an absent podSelector is empty', () => {
    expect(read({ ingress: [{ ports: [{ port: 80 }] }] }).value).toEqual({
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: [{ from: [], ports: [{ protocol: 'TCP', port: 80, endPort: undefined }] }],
      egress: [],
    });
  });

  it('null is absent, and a null element of a list of rules or ports an empty one', () => {
    const spec = { podSelector: null, ingress: [null, { from: null, ports: [null] }] };
    expect(read(spec).value?.ingress).toEqual([
      { from: [], ports: [] },
      { from: [], ports: [{ protocol: 'TCP', port: undefined, endPort: undefined }] },
    ]);
  });
});

describe('a NetworkPolicy that the API server takes', () => {
  it.each([
    [port({})],
    [port({ protocol: 'SCTP' })],
    [port({ port: 'http' })],
    [port({ port: 'a-b-c' })],
    [port({ port: 1, endPort: 65_535 })],
    [port({ port: 80, endPort: 80 })],
    [peer({ podSelector: {} })],
    [peer({ namespaceSelector: null, podSelector: {} })],
    [block('10.0.0.0/8')],
    [block('10.0.0.0/8', '10.0.0.0/9', '10.1.2.3/32')],
    [block('10.1.2.3/8')],
    [block('fd00::/8', 'fd00::/64')],
    [{ policyTypes: ['Ingress', 'Ingress'] }],
  ])('%j', (spec) => {
    const { value, problems } = read(spec);
    expect(problems).toEqual([]);
    expect(value).toBeDefined();
  });
});

describe('a NetworkPolicy that the API server refuses', () => {
  it.each([
    ['spec.ingress[0].ports[0].protocol', port({ protocol: 'tcp' })],
    ['spec.ingress[0].ports[0].protocol', port({ protocol: 'ICMP' })],
    ['spec.ingress[0].ports[0].port', port({ port: 0 })],
    ['spec.ingress[0].ports[0].port', port({ port: 65_536 })],
    ['spec.ingress[0].ports[0].port', port({ port: 80.5 })],
    ['spec.ingress[0].ports[0].port', port({ port: '80' })],
    ['spec.ingress[0].ports[0].port', port({ port: 'HTTP' })],
    ['spec.ingress[0].ports[0].port', port({ port: 'a--b' })],
    ['spec.ingress[0].ports[0].port', port({ port: '-a' })],
    ['spec.ingress[0].ports[0].port', port({ port: 'sixteen-letters-x' })],
    ['spec.ingress[0].ports[0].port', port({ port: '' })],
    ['spec.ingress[0].ports[0].port', port({ port: true })],
    ['spec.ingress[0].ports[0].endPort', port({ endPort: 80 })],
    ['spec.ingress[0].ports[0].endPort', port({ port: 'http', endPort: 80 })],
    ['spec.ingress[0].ports[0].endPort', port({ port: 80, endPort: 79 })],
    ['spec.ingress[0].ports[0].endPort', port({ port: 80, endPort: 65_536 })],
    ['spec.ingress[0].from[0]', peer({})],
    ['spec.ingress[0].from[0]', peer(null)],
    ['spec.ingress[0].from[0]', peer({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } })],
    ['spec.ingress[0].from[0]', peer({ namespaceSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } })],
    ['spec.ingress[0].from[0].ipBlock.cidr', block('10.0.0.0')],
    ['spec.ingress[0].from[0].ipBlock.cidr', block('10.0.0.0/33')],
    ['spec.ingress[0].from[0].ipBlock.cidr', peer({ ipBlock: {} })],
    ['spec.ingress[0].from[0].ipBlock.except[0]', block('10.0.0.0/8', '11.0.0.0/16')],
    ['spec.ingress[0].from[0].ipBlock.except[0]', block('10.0.0.0/8', '10.0.0.0/8')],
    ['spec.ingress[0].from[0].ipBlock.except[0]', block('10.0.0.0/8', '10.0.0.0/7')],
    ['spec.ingress[0].from[0].ipBlock.except[0]', block('10.0.0.0/8', 'fd00::/16')],
    ['spec.ingress[0].from[0].ipBlock.except[1]', block('10.0.0.0/8', '10.1.0.0/16', '10.2.3.4')],
    ['spec.policyTypes[0]', { policyTypes: ['ingress'] }],
    ['spec.policyTypes', { policyTypes: ['Ingress', 'Egress', 'Ingress'] }],
    ['spec.podSelector.matchLabels.app', { podSelector: { matchLabels: { app: '-' } } }],
    ['spec.ingress', { ingress: {} }],
    ['spec.egress[1].to[0]', { egress: [{}, { to: [{}] }] }],
  ])('%s of %j', (path, spec) => {
    const { value, problems } = read(spec);
    expect(value).toBeUndefined();
    expect(problems.map((problem) => [problem.code, problem.severity, problem.path])).toContainEqual([
      'invalid',
      'error',
      path,
    ]);
  });

  it('reports every fault, not only the first', () => {
    const { problems } = read(ingress({ ports: [{ port: 0 }] }, { from: [{ ipBlock: { cidr: 'x' } }] }));
    expect(problems).toHaveLength(2);
  });
});

describe('a NetworkPolicy with fields that the engine does not know', () => {
  it('is read without them', () => {
    const { value, problems } = read({ podSelector: {}, ingress: [{ from: [{ podSelector: {}, foo: 1 }] }], bar: {} });
    expect(value?.ingress[0]?.from[0]?.podSelector).toEqual({});
    expect(problems.map(({ code, path }) => [code, path])).toEqual([
      ['unsupported', 'spec.ingress[0].from[0].foo'],
      ['unsupported', 'spec.bar'],
    ]);
  });

  it('keeps a peer of which nothing else is left', () => {
    const { value, problems } = read({ ingress: [{ from: [{ serviceSelector: {} }] }] });
    expect(value?.ingress[0]?.from).toHaveLength(1);
    expect(problems.map(({ code }) => code)).toEqual(['unsupported']);
  });
});

it('whatever stands in a spec, reading it does not throw', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('podSelector', 'ingress', 'egress', 'policyTypes'), fc.jsonValue()),
      (spec) => {
        const { value, problems } = readNetworkPolicy({
          ...networkPolicyOf({}),
          specs: [{ path: 'spec', body: spec }],
        });
        expect(value !== undefined || problems.length > 0).toBe(true);
      },
    ),
  );
});
