import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { tempDir } from '@kestrel/testkit';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bundle } from '../src/bundle.ts';
import { kestrelctl, type Ran } from './run-kestrelctl.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const EXAMPLES = join(ROOT, 'examples/policy');
const MANIFESTS = join(EXAMPLES, 'manifests');

const policy = async (...argv: string[]): Promise<Ran> => await kestrelctl(['policy', ...argv]);

/** A temporary folder with these files. */
async function folder(files: Readonly<Record<string, string | object>>) {
  const dir = await tempDir('kestrelctl-policy-');
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return dir;
}

const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const verdictSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  allowed: z.boolean().nullable(),
  decidedBy: z.array(z.looseObject({ policy: z.string(), path: z.string() })),
  reason: z.string().min(1),
});
const verdicts = ({ stdout }: Ran) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => verdictSchema.parse(JSON.parse(line)));

const pod = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'a', labels: { app: name } },
  spec: { containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] },
  ...more,
});
const isolateB = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'b', namespace: 'a' },
  spec: { podSelector: { matchLabels: { app: 'b' } }, policyTypes: ['Ingress'] },
};
const ask = (src: string, dst: string, more: object = {}) => ({
  id: `${src}>${dst}`,
  src: { namespace: 'a', pod: src },
  dst: { namespace: 'a', pod: dst, port: 80 },
  protocol: 'TCP',
  ...more,
});

const http = (method: string) => ({ http: { method, path: '/', host: 'b', headers: {} } });
const ref = (kind: string, name: string, group = '') => ({ group, version: 'v1', kind, namespace: 'a', name });
const event = (type: string, data: object) => ({
  stream: 'KESTREL_RESOURCES',
  seq: 1,
  attributes: { type: `ai.usekestrel.resource.${type}.v1` },
  data,
});

describe('the examples', async () => {
  const readme = await readFile(join(EXAMPLES, 'README.md'), 'utf8');
  const commands = [...readme.matchAll(/^\.\/dev kestrelctl (policy .*)$/gm)].map(([, command = '']) => command);

  test.each(commands)('given `%s` then it does what it says and complains of nothing', async (command) => {
    const argv = command.split(' ').map((word) => (word.startsWith('examples/') ? join(ROOT, word) : word));
    const { code, stdout, stderr } = await kestrelctl(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toBe('');
  });

  test('given every command then the README has it', () => {
    const named = new Set(commands.map((command) => command.split(' ')[1]));
    expect(named).toEqual(new Set(['diff', 'effectiveness', 'evaluate', 'lint', 'matrix', 'recommend', 'simulate']));
  });

  test('given its requests then each has its verdict and names what decided', async () => {
    const ran = await policy(
      'evaluate',
      '--dir',
      MANIFESTS,
      '--requests',
      join(EXAMPLES, 'requests.jsonl'),
      '-o',
      'jsonl',
    );
    const found = verdicts(ran);
    expect(Object.fromEntries(found.map(({ id, allowed }) => [id, allowed]))).toEqual({
      'web asks cart': true,
      'web deletes a cart': false,
      'web asks the database': false,
      'cart asks the database': true,
      'the world asks web': true,
      'the inside asks web': false,
      'prometheus scrapes cart': true,
      'cart asks prometheus': false,
    });
    expect(found[1]?.decidedBy).toEqual([
      { layer: 'authorization', policy: 'shop/cart[AuthorizationPolicy]', path: 'spec', action: 'default-deny' },
    ]);
  });

  test('given its matrix then JSON keeps the contract', async () => {
    const { stdout } = await policy('matrix', '--dir', MANIFESTS, '-o', 'json', '--profile', 'generic');
    const ports = z.array(z.tuple([z.number(), z.number()]));
    const allow = z.union([z.literal('all'), z.partialRecord(z.enum(['TCP', 'UDP', 'SCTP']), ports)]);
    const matrix = z
      .looseObject({
        peers: z.array(z.looseObject({ id: z.string() })),
        ranges: z.array(z.string()),
        connections: z.array(z.looseObject({ src: z.string(), dst: z.string(), allow })),
        unprotected: z.strictObject({ ingress: z.array(z.string()), egress: z.array(z.string()) }),
      })
      .parse(JSON.parse(stdout));
    expect(matrix.peers.map(({ id }) => id)).toContain('shop/web[Deployment]');
    expect(matrix.ranges).toEqual(['0.0.0.0-9.255.255.255', '10.0.0.0/8', '11.0.0.0-255.255.255.255', '::/0']);
    expect(matrix.connections).toContainEqual({
      src: 'shop/web[Deployment]',
      dst: 'shop/cart[Deployment]',
      allow: { TCP: [[8080, 8080]] },
    });
    expect(matrix.unprotected.ingress).toEqual([
      'kube-system/coredns[Deployment]',
      'monitoring/prometheus[Deployment]',
    ]);
  });

  test('given its candidate then the denied traffic is told with the records that show it', async () => {
    const given = ['--dir', MANIFESTS, '--candidate', join(EXAMPLES, 'candidate')];
    const edges = join(EXAMPLES, 'edges.jsonl');
    const { stdout } = await policy('simulate', ...given, '--edges', edges, '-o', 'json', '--profile', 'generic');
    expect(JSON.parse(stdout)).toMatchObject({
      change: { replaced: ['data/postgres[NetworkPolicy]'], deleted: ['shop/scrape[NetworkPolicy]'] },
      counts: { 'becomes denied': 2 },
      observed: [
        { dst: 'shop/cart[Deployment]', observed: { counts: { forwarded: 40_320 }, evidence: [`${edges}:4`] } },
        { dst: 'shop/web[Deployment]', observed: { evidence: [`${edges}:5`] } },
      ],
    });
  });

  test('given what is recommended then it is itself without fault', async () => {
    const edges = ['--edges', join(EXAMPLES, 'edges.jsonl')];
    const recommended = await policy(
      'recommend',
      '--dir',
      MANIFESTS,
      ...edges,
      '--profile',
      'generic',
      '--now',
      '2026-11-15T00:00:00Z',
    );
    await using dir = await folder({ 'recommended.yaml': recommended.stdout });
    const checked = await policy('lint', '--dir', MANIFESTS, '--dir', dir.path, '--strict', '-o', 'json');
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(checked.stdout)).toMatchObject({ problems: [] });
  });
});

describe('the files', () => {
  test('given folders in folders, both kinds of YAML, JSON and lists then all of them are read', async () => {
    await using dir = await folder({
      'a.yaml': pod('a'),
      'deep/er/b.yml': `# a list\n${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [pod('b')] })}`,
      'deep/policy.json': isolateB,
      '.git/broken.yaml': '{',
      'notes.txt': '{',
      'requests.jsonl': lines([ask('a', 'b'), ask('b', 'a')]),
    });
    const ran = await policy(
      'evaluate',
      '--dir',
      dir.path,
      '--requests',
      join(dir.path, 'requests.jsonl'),
      '-o',
      'jsonl',
    );
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(verdicts(ran).map(({ allowed }) => allowed)).toEqual([false, true]);
  });

  test('given several paths, and a file by its name, then they are one input; a file that is named twice is read once', async () => {
    await using dir = await folder({ 'pods/a.yaml': pod('a'), 'pods/b.yaml': pod('b'), 'policy.txt': isolateB });
    const paths = ['pods', 'policy.txt', 'pods/a.yaml'].flatMap((name) => ['--dir', join(dir.path, name)]);
    const { code, stdout, stderr } = await policy('matrix', ...paths, '-o', 'json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ peers: [{ id: 'a/a[Pod]' }, { id: 'a/b[Pod]' }] });
  });

  test('given links that lead in circles or nowhere, and files that are no text, then each is told, the rest is used, and it ends with 2', async () => {
    await using dir = await folder({ 'a.yaml': pod('a'), 'b.yaml': pod('b'), 'in/c.yaml': pod('c') });
    await symlink('..', join(dir.path, 'in/up'));
    await symlink('self.yaml', join(dir.path, 'self.yaml'));
    await symlink('nowhere', join(dir.path, 'dangling.yaml'));
    await symlink('a.yaml', join(dir.path, 'same.yaml'));
    await writeFile(join(dir.path, 'binary.yaml'), Buffer.of(0xff, 0xfe, 0x00));
    const { code, stdout, stderr } = await policy('matrix', '--dir', dir.path, '-o', 'json');
    expect(code).toBe(2);
    const told = stderr.trim().split('\n');
    expect(told).toEqual([
      expect.stringMatching(/^kestrelctl: .*binary\.yaml: .*utf-8.* \(unreadable\)$/i),
      expect.stringMatching(/^kestrelctl: .*dangling\.yaml: ENOENT.* \(unreadable\)$/),
      expect.stringMatching(/^kestrelctl: .*in\/up: a symbolic link to a folder above itself \(symlink_loop\)$/),
      expect.stringMatching(/^kestrelctl: .*self\.yaml: .*\(symlink_loop\)$/),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ peers: [{ id: 'a/a[Pod]' }, { id: 'a/b[Pod]' }, { id: 'a/c[Pod]' }] });
  });

  test('given a folder that is not there, or has nothing, then nothing is judged and it ends with 2', async () => {
    await using dir = await folder({ 'notes.txt': 'x' });
    for (const path of [dir.path, join(dir.path, 'none')]) {
      const { code, stdout, stderr } = await policy('matrix', '--dir', path);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/(nothing_found|ENOENT).*\n.*there are no manifests to judge \(usage\)\n$/);
    }
  });

  test.each([
    [['matrix'], /say either --dir or --records/],
    [['matrix', '--dir', 'a', '--records', 'b'], /say either --dir or --records/],
    [['evaluate', '--dir', 'a'], /required option '--requests <file>'/],
    [['diff', '--dir', 'a'], /say either --candidate and --delete, or --to/],
    [['diff', '--dir', 'a', '--to', 'b', '--delete', 'x/y[NetworkPolicy]'], /say either/],
    [['diff', '--dir', 'a', '--delete', 'x'], /names no object/],
    [['recommend', '--dir', 'a'], /required option '--edges <file...>'/],
    [['matrix', '--dir', 'a', '--profile', 'calico'], /Allowed choices are generic, cilium/],
    [['matrix', '--dir', 'a', '--cilium', 'x=y'], /no option "x"/],
  ])('given %j then the usage is wrong', async (argv, message) => {
    const { code, stdout, stderr } = await policy(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('policy evaluate', () => {
  test('given lines that can’t be used then each is told with its place, the others are judged, and it ends with 2', async () => {
    await using dir = await folder({
      'm/pods.yaml': `${JSON.stringify(pod('a'))}\n---\n${JSON.stringify(pod('b'))}\n`,
      'requests.jsonl': `{"id":1\n${lines([ask('a', 'b'), { id: 3 }, ask('b', 'a', { prtocol: 'TCP' })])}`,
    });
    const file = join(dir.path, 'requests.jsonl');
    const ran = await policy('evaluate', '--dir', join(dir.path, 'm'), '--requests', file, '-o', 'jsonl');
    expect(ran.code).toBe(2);
    expect(ran.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/requests\.jsonl:1: no JSON: .* \(invalid\)$/),
      expect.stringMatching(/requests\.jsonl:3: src: .*; dst: .* \(invalid\)$/),
      expect.stringMatching(/requests\.jsonl:4: .*"prtocol" \(invalid\)$/),
    ]);
    expect(verdicts(ran).map(({ id, allowed }) => [id, allowed])).toEqual([['a>b', true]]);
  });

  test('given manifests that can’t be used then verdicts are given as incomplete, and it ends with 2', async () => {
    await using dir = await folder({
      'm/pods.yaml': `${JSON.stringify(pod('a'))}\n---\n${JSON.stringify(pod('b'))}\n`,
      'm/broken.yaml': 'kind: [',
      'm/wrong.yaml': { ...isolateB, spec: { ...isolateB.spec, ingress: [{ ports: [{ port: 99_999 }] }] } },
      'requests.jsonl': lines([ask('a', 'b')]),
    });
    const argv = ['--dir', join(dir.path, 'm'), '--requests', join(dir.path, 'requests.jsonl'), '-o', 'jsonl'];
    const ran = await policy('evaluate', ...argv);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/broken\.yaml.*\(unreadable\)/);
    expect(ran.stderr).toMatch(/wrong\.yaml.*a\/b\[NetworkPolicy\]: spec\.ingress\[0\]\.ports\[0\].*\(invalid\)/);
    expect(verdicts(ran)).toMatchObject([{ id: 'a>b', incomplete: true }]);
  });

  test('given a policy of a kind that the engine does not know then verdicts are given as incomplete, and it ends with 0', async () => {
    await using dir = await folder({
      'm/pods.yaml': `${JSON.stringify(pod('a'))}\n---\n${JSON.stringify(pod('b'))}\n`,
      'm/calico.json': {
        apiVersion: 'projectcalico.org/v3',
        kind: 'GlobalNetworkPolicy',
        metadata: { name: 'x' },
        spec: {},
      },
      'requests.jsonl': lines([ask('a', 'b')]),
    });
    const argv = ['--dir', join(dir.path, 'm'), '--requests', join(dir.path, 'requests.jsonl'), '-o', 'jsonl'];
    const ran = await policy('evaluate', ...argv);
    expect(ran.code).toBe(0);
    expect(verdicts(ran)).toMatchObject([{ id: 'a>b', allowed: true, incomplete: true }]);
    const known = await policy('evaluate', '--dir', join(dir.path, 'm/pods.yaml'), ...argv.slice(2));
    expect(verdicts(known)[0]).not.toHaveProperty('incomplete');
  });

  test('given the address of a service then its backend is judged at its own port, by both kinds of policies', async () => {
    const labelled = {
      ...pod('b'),
      metadata: { ...pod('b').metadata, labels: { app: 'b' }, annotations: { 'sidecar.istio.io/status': '{}' } },
    };
    await using dir = await folder({
      'm/pods.yaml': `${JSON.stringify(pod('a'))}\n---\n${JSON.stringify(labelled)}\n`,
      'm/service.json': {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'b', namespace: 'a' },
        spec: { clusterIP: '10.96.0.1', selector: { app: 'b' }, ports: [{ port: 80, targetPort: 8080 }, { port: 81 }] },
      },
      'm/policy.json': { ...isolateB, spec: { podSelector: {}, ingress: [{ ports: [{ port: 8080 }] }] } },
      'm/authorization.json': {
        apiVersion: 'security.istio.io/v1',
        kind: 'AuthorizationPolicy',
        metadata: { name: 'b', namespace: 'a' },
        spec: { action: 'DENY', rules: [{ to: [{ operation: { ports: ['8080'] } }] }] },
      },
      'requests.jsonl': lines([80, 81].map((port) => ({ ...ask('a', 'b'), id: port, dst: { ip: '10.96.0.1', port } }))),
    });
    const argv = ['--dir', join(dir.path, 'm'), '--requests', join(dir.path, 'requests.jsonl'), '-o', 'jsonl'];
    const judge = async (layer: string) =>
      verdicts(await policy('evaluate', ...argv, '--layer', layer)).map(({ id, allowed }) => [id, allowed]);
    expect(await judge('network')).toEqual([
      [80, true],
      [81, false],
    ]);
    expect(await judge('authorization')).toEqual([
      [80, false],
      [81, true],
    ]);
  });

  test('given answers that depend on who enforces then they are unknown until that is said, and say under which they hold', async () => {
    const egress = { podSelector: {}, policyTypes: ['Ingress'], egress: [{ ports: [{ port: 443 }] }] };
    await using dir = await folder({
      'm/pods.yaml': `${JSON.stringify(pod('a'))}\n---\n${JSON.stringify(pod('b'))}\n`,
      // Kubernetes heeds policyTypes, Cilium takes the egress rules all the same.
      'm/policy.yaml': { ...isolateB, spec: egress },
      'requests.jsonl': lines([{ ...ask('a', 'b'), dst: { ip: '203.0.113.7', port: 80 } }]),
    });
    const argv = ['--dir', join(dir.path, 'm'), '--requests', join(dir.path, 'requests.jsonl'), '-o', 'jsonl'];
    const judge = async (...more: string[]) => verdicts(await policy('evaluate', ...argv, ...more));
    expect(await judge()).toMatchObject([
      { allowed: null, causes: [{ code: 'profile' }], profile: { network: 'unknown' } },
    ]);
    expect(await judge('--profile', 'generic')).toMatchObject([{ allowed: true, profile: { network: 'generic' } }]);
    expect(await judge('--profile', 'cilium')).toMatchObject([{ allowed: false, profile: { network: 'cilium' } }]);
    expect(await judge('--cilium', 'policy-audit-mode=true')).toMatchObject([
      { allowed: true, profile: { network: 'cilium (auditMode=true)' } },
    ]);
  });

  test('given Cilium’s rules for requests then a connection is allowed and says that requests are judged', async () => {
    const rules = { http: [{ method: 'GET' }] };
    const cnp = {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'get', namespace: 'a' },
      spec: {
        endpointSelector: { matchLabels: { app: 'b' } },
        ingress: [{ fromEndpoints: [{}], toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }], rules }] }],
      },
    };
    await using dir = await folder({
      'm/pods.yaml': `${JSON.stringify(pod('a'))}\n---\n${JSON.stringify(pod('b'))}\n`,
      'm/policy.yaml': cnp,
      'requests.jsonl': lines([ask('a', 'b'), ask('a', 'b', http('GET')), ask('a', 'b', http('POST'))]),
    });
    const argv = ['--dir', join(dir.path, 'm'), '--requests', join(dir.path, 'requests.jsonl'), '-o', 'jsonl'];
    const [connection, get, post] = verdicts(await policy('evaluate', ...argv, '--layer', 'network'));
    expect(connection).toMatchObject({ allowed: true, requestsJudged: true, reason: expect.stringMatching(/request/) });
    expect([get?.allowed, post?.allowed]).toEqual([true, false]);
  });

  test('given many lines then all are judged, in order', async () => {
    const many = Array.from({ length: 20_000 }, (_, id) => ask('a', 'b', { id }));
    await using dir = await folder({ 'm/a.yaml': pod('a'), 'm/b.yaml': pod('b'), 'requests.jsonl': lines(many) });
    const argv = ['--dir', join(dir.path, 'm'), '--requests', join(dir.path, 'requests.jsonl'), '-o', 'jsonl'];
    const ran = await policy('evaluate', ...argv);
    expect(ran.code).toBe(0);
    expect(verdicts(ran).map(({ id }) => id)).toEqual(many.map(({ id }) => id));
  });
});

describe('policy lint', () => {
  test('given faults then they are listed and it ends with 1; with only warnings it ends with 1 when it is strict', async () => {
    const wrong = { ...isolateB, spec: { podSelector: {}, policyTypes: ['Inbound'] } };
    const unknown = { ...isolateB, spec: { ...isolateB.spec, futureField: true } };
    await using dir = await folder({ 'wrong/a.yaml': wrong, 'unknown/a.yaml': unknown, 'unknown/p.yaml': pod('b') });
    const bad = await policy('lint', '--dir', join(dir.path, 'wrong'), '-o', 'json');
    expect(bad).toMatchObject({ code: 1, stderr: '' });
    const { problems } = z.looseObject({ problems: z.array(z.unknown()) }).parse(JSON.parse(bad.stdout));
    expect(problems[0]).toMatchObject({
      severity: 'error',
      code: 'invalid',
      object: 'a/b[NetworkPolicy]',
      path: 'spec.policyTypes[0]',
    });
    const odd = ['lint', '--dir', join(dir.path, 'unknown')];
    const relaxed = await policy(...odd);
    expect(relaxed.code).toBe(0);
    expect(relaxed.stdout).toMatch(/warning +unsupported .*spec\.futureField/);
    expect((await policy(...odd, '--strict')).code).toBe(1);
  });
});

describe('policy diff', () => {
  test('given other policies, a candidate, or an object to delete then the same change gives the same difference', async () => {
    await using dir = await folder({
      'before/pods.yaml': `${JSON.stringify(pod('a'))}\n---\n${JSON.stringify(pod('b'))}\n`,
      'before/policy.yaml': isolateB,
      'after/other.yaml': { ...isolateB, metadata: { name: 'other', namespace: 'elsewhere' } },
      'change.yaml': { ...isolateB, metadata: { ...isolateB.metadata, annotations: { 'kestrel.ai/delete': 'true' } } },
    });
    const difference = async (...argv: string[]) => {
      const ran = await policy(
        'diff',
        '--dir',
        join(dir.path, 'before'),
        ...argv,
        '-o',
        'json',
        '--profile',
        'generic',
      );
      const shape = z.looseObject({
        added: z.array(z.looseObject({ src: z.string(), dst: z.string() })),
        removed: z.array(z.unknown()),
      });
      return { code: ran.code, ...shape.parse(JSON.parse(ran.stdout)) };
    };
    const [to, candidate, deleted] = [
      await difference('--to', join(dir.path, 'after')),
      await difference('--candidate', join(dir.path, 'change.yaml')),
      await difference('--delete', 'a/b[NetworkPolicy]'),
    ];
    expect(deleted).toMatchObject({ code: 0, removed: [], change: { deleted: ['a/b[NetworkPolicy]'] } });
    expect(deleted.added).toContainEqual(expect.objectContaining({ src: 'a/a[Pod]', dst: 'a/b[Pod]' }));
    expect([to.added, candidate.added]).toEqual([deleted.added, deleted.added]);
  });

  test('given something to delete that is not there then it ends with 2', async () => {
    await using dir = await folder({ 'a.yaml': pod('a') });
    const ran = await policy('diff', '--dir', dir.path, '--delete', 'a/none[NetworkPolicy]');
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no a\/none\[NetworkPolicy\] to delete/),
    });
  });
});

describe('records', () => {
  const podRecord = (name: string) => ({
    ref: ref('Pod', name),
    labels: { app: name },
    pod: { phase: 'Running', ips: ['10.0.0.7'] },
  });
  const policyRecord = { ref: ref('NetworkPolicy', 'b', 'networking.k8s.io'), policy: { spec: isolateB.spec } };
  test('given records bare and in events then the last of an object holds, and tombstones take it out', async () => {
    await using dir = await folder({
      'resources.jsonl': lines([
        { subject: 'kestrel.fence.x', attributes: { 'ce-type': 'ai.usekestrel.fence.taken.v1' }, data: null },
        podRecord('a'),
        event('observed', { ...podRecord('b'), labels: {} }),
        event('observed', podRecord('b')),
        event('observed', podRecord('c')),
        event('deleted', { ref: ref('Pod', 'c'), reason: 'REASON_WATCHED' }),
        policyRecord,
      ]),
      'requests.jsonl': lines([ask('a', 'b'), ask('b', 'a'), ask('a', 'c')]),
    });
    const argv = ['--records', join(dir.path, 'resources.jsonl'), '--requests', join(dir.path, 'requests.jsonl')];
    const ran = await policy('evaluate', ...argv, '-o', 'jsonl', '--profile', 'generic');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(verdicts(ran).map(({ allowed }) => allowed)).toEqual([false, true, null]);
  });

  test('given records that are too large, wrong or of another kind then each is told and it ends with 2', async () => {
    await using dir = await folder({
      'resources.jsonl': lines([
        podRecord('a'),
        event('oversize', { ref: ref('NetworkPolicy', 'b', 'networking.k8s.io'), sizeBytes: '9000000' }),
        { ref: ref('Pod', 'b'), pods: {} },
        { attributes: { type: 'ai.usekestrel.window.closed.v1' }, data: {} },
      ]),
    });
    const { code, stderr } = await policy('matrix', '--records', join(dir.path, 'resources.jsonl'));
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /resources\.jsonl:2: the record of NetworkPolicy a\/b was left out: 9000000 bytes \(too_large\)/,
    );
    expect(stderr).toMatch(/resources\.jsonl:3: .*"pods".* \(invalid\)/);
    expect(stderr).toMatch(/resources\.jsonl:4: events of type ai\.usekestrel\.window\.closed\.v1 hold no resources/);
  });

  test('given edges in windows and events then they are one traffic, an edge’s later record in place of its earlier one', async () => {
    const [l4 = ''] = (await readFile(join(EXAMPLES, 'edges.jsonl'), 'utf8')).split('\n').slice(3);
    const edge = z.looseObject({}).parse(JSON.parse(l4));
    const seen = (count: number) => ({
      ...edge,
      verdicts: [{ verdict: 'VERDICT_FORWARDED', count, lastSeen: '2026-11-02T00:00:00Z' }],
    });
    const event4 = (count: number) => ({
      subject: 'edges.x',
      attributes: { 'ce-type': 'ai.usekestrel.l4_edge.observed.v1' },
      data: seen(count),
    });
    await using dir = await folder({
      'events.jsonl': lines([event4(5), event4(7)]),
      'windows.jsonl': lines([{ writer: 'n', start: '2026-11-01T00:00:00Z', l4: [seen(11)] }]),
      'wrong.jsonl': lines([{ ...edge, port: -1 }, [], { attributes: { type: 'x' }, data: 1 }]),
    });
    const simulate = async (file: string): Promise<Ran> =>
      await policy(
        'simulate',
        '--dir',
        MANIFESTS,
        '--delete',
        'shop/scrape[NetworkPolicy]',
        '--edges',
        join(dir.path, file),
        '-o',
        'json',
      );
    for (const [file, count] of [
      ['events.jsonl', 7],
      ['windows.jsonl', 11],
    ] as const) {
      const { code, stdout } = await simulate(file);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ observed: [{ observed: { counts: { forwarded: count } } }] });
    }
    const wrong = await simulate('wrong.jsonl');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(
      /:1: port: .*\n.*:2: no L4Edge, L7Edge or Window record.*\n.*:3: events of type x hold no traffic/,
    );
  });
});

test('given the bundled kestrelctl then it judges policies too', async () => {
  await using dir = await folder({ 'a.yaml': pod('a') });
  const file = join(dir.path, 'kestrelctl.mjs');
  await bundle(file);
  const argv = [file, 'policy', 'matrix', '--dir', dir.path, '-o', 'json'];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: dir.path });
  expect(JSON.parse(stdout)).toMatchObject({ peers: [{ id: 'a/a[Pod]' }] });
});
