import { L4Edge, L7Edge, Resource, Window } from '@kestrel/proto/events';
import { describe, expect, test } from 'vitest';
import { issueLines } from '../../issue-lines.ts';
import { resource } from './resource-messages.ts';
import { l4Edge, l7Edge, window } from './traffic-messages.ts';

const end = (name: string) => ({
  peerClass: 'PEER_CLASS_POD',
  workload: { group: 'apps', kind: 'Deployment', namespace: 'shop', name },
  labels: { app: name, 'app.kubernetes.io/part_of': 'shop' },
  ip: '10.0.0.1',
});
const l4 = {
  source: end('web'),
  destination: end('cart'),
  protocol: 'PROTOCOL_TCP',
  port: 8080,
  observedAt: 'OBSERVATION_POINT_DESTINATION',
  verdicts: [{ verdict: 'VERDICT_FORWARDED', count: '18446744073709551615', lastSeen: '2026-11-01T00:00:00.5Z' }],
  firstSeen: '2026-11-01T00:00:00Z',
  completeness: { complete: true, losses: [{ reason: 'LOSS_REASON_QUEUE_FULL', count: 3 }] },
};
const l7 = { ...l4, protocol: undefined, applicationProtocol: 'http', method: 'GET', responseCodes: { 200: '7' } };

describe('traffic records', () => {
  test('given an L4 edge then it is read as the generated code reads it', () => {
    expect(l4Edge.parse(l4)).toEqual(L4Edge.fromJSON(l4));
  });

  test('given an L7 edge then it is read as the generated code reads it', () => {
    const { protocol: _, ...given } = l7;
    expect(l7Edge.parse(given)).toEqual(L7Edge.fromJSON(given));
  });

  test('given a window then it is read as the generated code reads it', () => {
    const given = { writer: 'node-1', number: '4', part: 1, parts: 1, start: '2026-11-01T00:00:00Z', l4: [l4] };
    expect(window.parse(given)).toEqual(Window.fromJSON(given));
  });

  test('given names as in the .proto, numbers of enums and nulls then they are read too', () => {
    const snake = {
      source: { peer_class: 1, dns_names: ['a'] },
      destination: { peer_class: 5, labels: null },
      protocol: 1,
      port: 443,
      observed_at: 1,
      last_seen: null,
    };
    expect(l4Edge.parse(snake)).toEqual(L4Edge.fromJSON(snake));
  });

  test.each([
    [{ ...l4, verdict: [] }, 'Unrecognized key: "verdict"'],
    [{ ...l4, source: undefined }, 'source: '],
    [{ ...l4, protocol: undefined }, 'protocol: a protocol is needed'],
    [{ ...l4, protocol: 'TCP' }, 'protocol: none of PROTOCOL_'],
    [{ ...l4, port: 70_000 }, 'port: '],
    [{ ...l4, port: '80' }, 'port: '],
    [{ ...l4, firstSeen: 'yesterday' }, 'firstSeen: '],
    [{ ...l4, verdicts: [{ verdict: 'VERDICT_FORWARDED', count: '-1' }] }, 'verdicts[0].count: '],
    [{ ...l4, source: { ...end('web'), labels: { app: 1 } } }, 'source.labels.app: '],
    ['edge', 'Invalid input'],
    [null, 'Invalid input'],
  ])('given %j then it is refused at its place', (given, message) => {
    const { error } = l4Edge.safeParse(given);
    expect(error && issueLines(error).join('\n')).toContain(message);
  });
});

describe('resource records', () => {
  const ref = {
    group: '',
    version: 'v1',
    kind: 'Pod',
    namespace: 'shop',
    name: 'web-1',
    uid: 'u',
    resourceVersion: '7',
  };

  test.each([
    [
      'a pod',
      {
        ref,
        labels: { a: 'b' },
        pod: {
          node: 'n',
          ips: ['10.0.0.1'],
          containers: [{ name: 'c', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }],
        },
      },
    ],
    ['a policy', { ref, policy: { spec: { podSelector: {}, ingress: [{ from: null }] }, specs: [{ a: 1 }] } }],
    [
      'a workload',
      {
        ref,
        owners: [{ kind: 'A', name: 'a', resolved: true }],
        workload: { templateLabels: { a: 'b' }, selector: { matchLabels: {} } },
      },
    ],
    ['a slice', { ref, endpointSlice: { service: 's', endpoints: [{ addresses: ['10.0.0.1'], ready: true }] } }],
    [
      'a service',
      {
        ref,
        createdAt: '2026-11-01T00:00:00Z',
        service: { type: 'ClusterIP', selector: { a: 'b' }, ports: [{ port: 80, targetPort: 'http' }] },
      },
    ],
    ['a node', { ref, node: { addresses: [{ type: 'InternalIP', address: '1.2.3.4' }], podCidrs: ['10.0.0.0/24'] } }],
    ['a namespace', { ref, namespace: { phase: 'Active' } }],
    ['others', { ref, custom: { fields: { a: [1] } } }],
    ['no spec', { ref }],
  ])('given %s then it is read as the generated code reads it', (_, given) => {
    expect(resource.parse(given)).toEqual(Resource.fromJSON(given));
  });

  test.each([
    [{}, 'ref: '],
    [{ ref: { ...ref, name: '' } }, 'ref: kind and name are needed'],
    [{ ref, pod: { ip: '10.0.0.1' } }, 'pod: Unrecognized key: "ip"'],
    [{ ref, policy: { spec: [] } }, 'policy.spec: '],
  ])('given %j then it is refused at its place', (given, message) => {
    const { error } = resource.safeParse(given);
    expect(error && issueLines(error).join('\n')).toContain(message);
  });
});
