import { describe, expect, it } from 'vitest';
import { ProblemLines } from './problem-lines.ts';
import { readManifests } from './read-manifests.ts';

const text = `# head
---
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: b
    labels:
      example.com/x: yes
- apiVersion: v1
  kind: Pod
  metadata: {name: c}
  spec:
    containers:
    - ports:
      - containerPort: 80
      - containerPort: 0
`;

describe('lines of problems', () => {
  it('given problems of fields, when asked for, then their lines are those of the fields in the file', () => {
    const files = [{ source: 'f#1.yaml', text }];
    const lines = new ProblemLines(files);
    const found = readManifests(files).problems.filter(({ code }) => code === 'invalid');
    expect(found.map((problem) => [problem.path, lines.lineOf(problem)])).toEqual([
      ['metadata.labels["example.com/x"]', 15],
      ['spec.containers[0].ports[1].containerPort', 23],
    ]);
  });

  it.each([
    ['a field', 'f#1', 'metadata.name', 5],
    ['a field that is not there', 'f#1', 'metadata.labels.x', 5],
    ['the whole object', 'f#1', '', 3],
    ['an item', 'f#2.items[1]', 'kind', 17],
    ['an item that is not there', 'f#2.items[7]', 'kind', 9],
    ['a document that is not there', 'f#9', '', undefined],
    ['another file', 'g#1', '', undefined],
    ['no file', undefined, 'spec', undefined],
    ['a record', 'records#1', 'spec', undefined],
  ])('given %s, when asked for, then its line is told where it can be', (_, source, path, line) => {
    const place = source === undefined ? { path } : { path, source };
    expect(new ProblemLines([{ source: 'f', text }]).lineOf({ code: 'invalid', ...place })).toBe(line);
  });

  it('given JSON, when asked for, then lines are told too', () => {
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { x: [1] } }, null, 1);
    expect(
      new ProblemLines([{ source: 'f', text: json }]).lineOf({ code: 'invalid', source: 'f#1', path: 'spec.x[0]' }),
    ).toBe(9);
  });
});
