import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyCandidate, detectProfile, ProblemLines, readManifests } from '../src/index.ts';

const textsMax = 50_000;
const editsMax = 5_000;

const manifest = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 2, template: {metadata: {labels: &l {app: web}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
    ports: [{port: http}, {port: 80, endPort: 90}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
specs: [{endpointSelector: {}, egress: [{toEntities: [world]}]}]
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: istio}, data: {mesh: "trustDomain: x"}}
`;

/** Reads, applies and asks for every line: nothing of it may throw. */
function readAll(text: string): number {
  const files = [{ source: 'f', text }];
  const cluster = readManifests(files);
  const lines = new ProblemLines(files);
  const count = text.split('\n').length;
  for (const problem of cluster.problems) {
    const line = lines.lineOf(problem);
    if (line !== undefined && (line < 1 || line > count)) throw new Error(`line ${line} of ${count}`);
  }
  const candidate = applyCandidate(cluster, files);
  return candidate.change.replaced.length + detectProfile(candidate.cluster).origin.network.length;
}

/** Any code point, halves of surrogates among them. */
const anyCharacter = fc.nat(0x10_ffff).map((code) => String.fromCodePoint(code));

describe('reading anything', () => {
  it('given any text, when read, then nothing is thrown', () => {
    const text = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: anyCharacter, maxLength: 100 }));
    fc.assert(
      fc.property(text, (each) => {
        expect(readAll(each)).toBeGreaterThan(0);
      }),
      { numRuns: textsMax },
    );
  });

  it('given a manifest with any edit, when read, then nothing is thrown', () => {
    const edits = fc.array(
      fc.record({
        at: fc.nat(manifest.length),
        length: fc.nat(30),
        text: fc.oneof(
          fc.string({ maxLength: 8 }),
          fc.constantFrom(
            '\n',
            '---\n',
            '{{ .x }}',
            '*l',
            '<<: *l',
            'null',
            '~',
            '[',
            '}',
            ': ',
            '- ',
            '"',
            'yes',
            '-1',
            '1e9',
          ),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(edits, (each) => {
        const text = each.reduce(
          (so, edit) => so.slice(0, edit.at) + edit.text + so.slice(edit.at + edit.length),
          manifest,
        );
        expect(readAll(text)).toBeGreaterThan(0);
      }),
      { numRuns: editsMax },
    );
  });
});
