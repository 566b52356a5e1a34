import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STREAMS } from '../topology/streams.ts';
import { leaseKey, subjects } from './subjects.ts';
import type { ResourceKey } from './subjects.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }).filter((value) => value.isWellFormed()),
  fc.constantFrom('core', '.', '_', '_fence', 'constructor', '__proto__', '=63ore', '=2E'),
);
const optional = fc.oneof(fc.constant(''), text);
const resource: fc.Arbitrary<ResourceKey> = fc.record({ group: optional, kind: text, namespace: optional, name: text });

const taken = (subject: string, pattern: string): boolean => subject.startsWith(pattern.replace(/>$/, ''));

describe('subjects', () => {
  test('given any object then its subject has six tokens and gives the object back', () => {
    fc.assert(
      fc.property(resource, (key) => {
        const subject = subjects.resource(key);
        expect(subject.split('.')).toHaveLength(6);
        expect(subjects.parseResource(subject)).toEqual(key);
      }),
    );
  });

  test('given two objects then their subjects are equal only if they are', () => {
    fc.assert(
      fc.property(resource, resource, (a, b) => {
        const equal = JSON.stringify(a) === JSON.stringify(b);
        expect(subjects.resource(a) === subjects.resource(b)).toBe(equal);
      }),
    );
  });

  test('given any subject then it is read only if an object makes it', () => {
    const token = fc.oneof(
      fc.constantFrom('kestrel', 'resources', 'core', '_', '=63ore', '=2E', 'a_b', ''),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(token, { minLength: 4, maxLength: 7 }), (tokens) => {
        const subject = ['kestrel', 'resources', ...tokens].join('.');
        const key = subjects.parseResource(subject);
        expect(key === undefined || subjects.resource(key) === subject).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('given objects of the cluster and the core group then their subjects are readable', () => {
    const pod = { group: '', kind: 'Pod', namespace: 'default', name: 'web-1' };
    const role = { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', namespace: '', name: 'system:node' };
    expect(subjects.resource(pod)).toBe('kestrel.resources.core.Pod.default.web-1');
    expect(subjects.resource(role)).toBe('kestrel.resources.rbac_authorization_k8s_io.ClusterRole._.system=3Anode');
  });

  test('given a fence then it is no object', () => {
    expect(subjects.fence('main')).toBe('kestrel.resources._fence.main');
    expect(subjects.parseResource(subjects.fence('main'))).toBeUndefined();
  });

  test('given every kind of subject then the stream for it takes it', () => {
    const made = {
      KESTREL_RESOURCES: [subjects.fence('s'), subjects.resource({ group: '', kind: 'K', namespace: '', name: 'n' })],
      KESTREL_FLOWS: [subjects.flowsL4('node.a'), subjects.flowsL7('i'), subjects.flowsFence('s')],
      KESTREL_EDGES: [subjects.edge('r', 'h')],
      KESTREL_EVENTS: [subjects.event('uplink', 'k')],
      KESTREL_COMMANDS: [subjects.command('read', 'id')],
      KESTREL_RESULTS: [subjects.result('id')],
      KESTREL_AUDIT: [subjects.audit('s', 'i', 'b')],
    };
    for (const spec of Object.values(STREAMS)) {
      for (const subject of made[spec.name]) {
        expect(spec.subjects.some((pattern) => taken(subject, pattern))).toBe(true);
      }
    }
  });

  test('given a lease then its key stays below its service', () => {
    expect(leaseKey('ingester', 'main')).toBe('ingester.main');
    expect(leaseKey('a.b', 'c.*')).toBe('a_b.c_=2A');
  });
});
