import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../model/cluster.ts';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import {
  block,
  clusterOf,
  everything,
  isolation,
  namespaceOf,
  nodeOf,
  outside,
  podOf,
  podsWith,
  rule,
  term,
} from '../../testing/hand-made.ts';
import type { EndpointQuery } from '../peer.ts';
import type { Isolation, Rule } from '../rule.ts';
import type { NetworkQuestion, NetworkVerdict } from '../verdict.ts';
import { compileRules } from './compile-network.ts';
import type { NetworkEngine } from './network-engine.ts';

const generic: NetworkProfile = { kind: 'generic' };
const cilium = CILIUM_DEFAULTS;

function engineOf(
  cluster: Cluster,
  o: { rules?: readonly Rule[]; isolations?: readonly Isolation[]; profile?: NetworkProfile },
): NetworkEngine {
  const { rules = [], isolations = [], profile = generic } = o;
  return compileRules(cluster, { rules, isolations }, { profile });
}

function pod(path: string): EndpointQuery {
  const [namespace = '', name = ''] = path.split('/');
  return { pod: { namespace, name } };
}

function ask(
  engine: NetworkEngine,
  source: EndpointQuery,
  destination: EndpointQuery,
  o: Partial<NetworkQuestion> = {},
): NetworkVerdict {
  return engine.verdict({ source, destination, protocol: 'TCP', port: 80, ...o });
}

function codes({ causes }: NetworkVerdict): string[] {
  return [...new Set(causes.map(({ code }) => code))];
}

const ingressDenied = [isolation('closed', 'ingress')];
const egressDenied = [isolation('closed', 'egress')];
const bothDenied = [...ingressDenied, ...egressDenied];

describe('a verdict', () => {
  const cluster = clusterOf({ pods: [podOf('shop/a'), podOf('shop/b')] });

  it('given a default deny, then names the body that isolates and what would be needed', () => {
    const verdict = ask(engineOf(cluster, { isolations: ingressDenied }), pod('shop/a'), pod('shop/b'));
    expect(verdict.outcome).toBe('denied');
    expect(verdict.ingress.deciders).toEqual([
      { policy: { kind: 'NetworkPolicy', namespace: 'shop', name: 'closed' }, path: 'spec', action: 'default-deny' },
    ]);
    expect(verdict.reason).toBe(
      'ingress: shop/closed[NetworkPolicy] spec isolates shop/b[Pod] for ingress, and no rule allows TCP 80 from ' +
        'shop/a[Pod]. Needed: an ingress rule about shop/b[Pod] that allows TCP 80 from shop/a[Pod]',
    );
    expect(verdict.egress).toMatchObject({ outcome: 'allowed', deciders: [] });
  });

  it('given several allow rules that match, then names them all', () => {
    const rules = [rule('x', 'ingress'), rule('y', 'ingress'), rule('z', 'ingress', { peers: [] })];
    const verdict = ask(engineOf(cluster, { rules, isolations: ingressDenied }), pod('shop/a'), pod('shop/b'));
    expect(verdict.ingress.deciders.map(({ policy }) => policy.name)).toEqual(['x', 'y']);
    expect(verdict.ingress.deciders.every(({ action }) => action === 'allow')).toBe(true);
  });

  it('given a deny rule, then names only what denies', () => {
    const rules = [rule('x', 'ingress'), rule('y', 'ingress', { action: 'deny' })];
    const verdict = ask(engineOf(cluster, { rules, isolations: ingressDenied }), pod('shop/a'), pod('shop/b'));
    expect(verdict.ingress.deciders.map(({ policy, action }) => [policy.name, action])).toEqual([['y', 'deny']]);
  });

  it('given a pass, then names it before what it led to', () => {
    const rules = [rule('p', 'ingress', { tier: 'admin', action: 'pass' })];
    const verdict = ask(engineOf(cluster, { rules, isolations: ingressDenied }), pod('shop/a'), pod('shop/b'));
    expect(verdict.ingress.deciders.map(({ action }) => action)).toEqual(['pass', 'default-deny']);
  });

  it('given an end that nobody knows, then it can not be told', () => {
    const nobody = { workload: { kind: 'Deployment', namespace: 'shop', name: 'nobody' } };
    const verdict = ask(engineOf(cluster, {}), nobody, pod('shop/b'));
    expect([verdict.outcome, codes(verdict)]).toEqual(['unknown', ['incomplete']]);
  });
});

describe('a pod and itself', () => {
  const replicas = { workload: { kind: 'Deployment', namespace: 'shop', name: 'a' } };
  const cluster = clusterOf({
    pods: [
      podOf('shop/a', { ips: ['10.0.0.1'] }),
      podOf('web/b', replicas),
      podOf('web/c', { ...replicas, labels: { app: 'b' } }),
    ],
  });

  it('given default deny both ways, then a pod still reaches itself, by name or address', () => {
    const engine = engineOf(cluster, { isolations: bothDenied });
    expect(ask(engine, pod('shop/a'), pod('shop/a')).outcome).toBe('allowed');
    expect(ask(engine, pod('shop/a'), { ip: '10.0.0.1' }).outcome).toBe('allowed');
    expect(ask(engine, pod('shop/a'), pod('shop/a'), { sourceHidden: true }).outcome).not.toBe('allowed');
    const [peer = 0] = engine.resolve(pod('shop/a'));
    expect(engine.outcome(peer, peer, 'TCP', 80)).toBe('allowed');
    expect(engine.connection(peer, peer).every(({ outcome }) => outcome === 'allowed')).toBe(true);
  });

  it('given two replicas, then one is not the other', () => {
    const engine = engineOf(cluster, { isolations: bothDenied });
    const [b, c] = [engine.resolve(pod('web/b')), engine.resolve(pod('web/c'))];
    expect(b).toEqual(c);
    expect(ask(engine, pod('web/b'), pod('web/c')).outcome).toBe('denied');
    expect(ask(engine, pod('web/b'), pod('web/b')).outcome).toBe('allowed');
  });
});

describe('nodes', () => {
  const cluster = clusterOf({
    pods: [
      podOf('shop/a', { node: 'n1', ips: ['10.0.0.1'] }),
      podOf('shop/b', { node: 'n2', ips: ['10.0.0.2'] }),
      podOf('shop/lost', { ips: ['10.0.0.3'] }),
      podOf('kube/agent', { node: 'n1', hostNetwork: true, ips: ['192.168.0.1'] }),
    ],
    nodes: [nodeOf('n1', ['192.168.0.1'], { zone: 'z1' }), nodeOf('n2', ['192.168.0.2'])],
  });
  const node1 = { ip: '192.168.0.1' };

  it('given the generic profile, then traffic with the own node is allowed both ways, with other nodes as the rules say', () => {
    const engine = engineOf(cluster, { isolations: bothDenied });
    expect(ask(engine, node1, pod('shop/a')).outcome).toBe('allowed');
    expect(ask(engine, pod('shop/a'), node1).outcome).toBe('allowed');
    expect(ask(engine, node1, pod('shop/b')).outcome).toBe('denied');
    expect(ask(engine, pod('shop/b'), node1).outcome).toBe('denied');
  });

  it('given a pod whose node is not known, then it can not be told, unless it does not matter', () => {
    const verdict = ask(engineOf(cluster, { isolations: ingressDenied }), node1, pod('shop/lost'));
    expect([verdict.outcome, codes(verdict)]).toEqual(['unknown', ['node']]);
    expect(ask(engineOf(cluster, {}), node1, pod('shop/lost')).outcome).toBe('allowed');
  });

  it('given a pod in the network of its node, then rules see the node, and are not about it', () => {
    const rules = [rule('x', 'ingress', { subjects: podsWith('b'), peers: [term(podsWith('agent'))] })];
    const engine = engineOf(cluster, { rules, isolations: bothDenied });
    expect(ask(engine, pod('kube/agent'), pod('shop/b')).outcome).toBe('denied');
    expect(ask(engine, pod('shop/b'), pod('kube/agent')).egress.outcome).toBe('denied');
    expect(ask(engine, pod('shop/b'), pod('kube/agent')).ingress.outcome).toBe('allowed');
    const byBlock = [rule('x', 'ingress', { peers: [block('192.168.0.1/32')] })];
    expect(
      ask(engineOf(cluster, { rules: byBlock, isolations: ingressDenied }), pod('kube/agent'), pod('shop/b')).outcome,
    ).toBe('allowed');
  });

  it('given Cilium, then the host reaches its pods unless allow-localhost is policy, and pods reach it only by rule', () => {
    const isolations = bothDenied;
    for (const allowLocalhost of ['auto', 'always'] as const) {
      const engine = engineOf(cluster, { isolations, profile: { ...cilium, allowLocalhost } });
      expect(ask(engine, node1, pod('shop/a')).outcome).toBe('allowed');
      expect(ask(engine, node1, pod('shop/b')).outcome).toBe('denied');
      expect(ask(engine, pod('shop/a'), node1).outcome).toBe('denied');
    }
    const strict = engineOf(cluster, { isolations, profile: { ...cilium, allowLocalhost: 'policy' } });
    expect(ask(strict, node1, pod('shop/a')).outcome).toBe('denied');
    const rules = [rule('x', 'ingress', { action: 'deny' })];
    expect(ask(engineOf(cluster, { rules, profile: cilium }), node1, pod('shop/a')).outcome).toBe('denied');
  });

  it('given rules about nodes, then they hold only with the host firewall', () => {
    const subjects = [{ key: 'type', operator: 'In', values: ['node'] }] as const;
    const isolations = [isolation('host', 'ingress', { subjects })];
    expect(ask(engineOf(cluster, { isolations, profile: cilium }), pod('shop/a'), node1).outcome).toBe('allowed');
    expect(ask(engineOf(cluster, { isolations }), pod('shop/a'), node1).outcome).toBe('allowed');
    const firewall = engineOf(cluster, { isolations, profile: { ...cilium, hostFirewall: true } });
    expect(ask(firewall, pod('shop/a'), node1).outcome).toBe('denied');
    expect(ask(firewall, { ip: '8.8.8.8' }, node1).outcome).toBe('denied');
  });

  it('given what the data plane called a node, then that peer is meant', () => {
    const engine = engineOf(cluster, { isolations: ingressDenied });
    expect(ask(engine, { ...node1, entity: 'host' }, pod('shop/lost')).outcome).toBe('allowed');
    expect(ask(engine, { ...node1, entity: 'remote-node' }, pod('shop/lost')).outcome).toBe('denied');
    expect(engine.pairs({ ...node1, entity: 'host' }, { ip: '8.8.8.8' })).toHaveLength(1);
  });

  it('given a selector on labels of a node that is not in the input, then it can not be told', () => {
    const selector = [{ key: 'node:zone', operator: 'In', values: ['z1'] }] as const;
    const rules = [rule('x', 'ingress', { peers: [term(selector)] })];
    const engine = engineOf(cluster, { rules, isolations: ingressDenied, profile: cilium });
    expect(ask(engine, node1, pod('shop/b')).outcome).toBe('allowed');
    expect(ask(engine, { ip: '192.168.0.2' }, pod('shop/a')).outcome).toBe('denied');
    const verdict = ask(engine, { entity: 'remote-node' }, pod('shop/b'));
    expect([verdict.outcome, codes(verdict)]).toEqual(['unknown', ['incomplete']]);
  });
});

describe('addresses', () => {
  const cluster = clusterOf({
    pods: [
      podOf('shop/a', { ips: ['10.0.0.1'] }),
      podOf('shop/dual', { ips: ['10.0.0.2', 'fd00::2'] }),
      podOf('shop/v6', { ips: ['fd00::3'] }),
      podOf('shop/b', { ips: ['10.0.0.4'] }),
    ],
    apiServer: ['172.16.0.1'],
  });
  const from = (...peers: Rule['peers']): NetworkEngine =>
    engineOf(cluster, { rules: [rule('x', 'ingress', { peers })], isolations: ingressDenied });

  it('given a block, then it holds what has an address in it, without its exceptions', () => {
    const engine = from(block('10.0.0.0/8', '10.0.0.1/32'));
    expect(ask(engine, pod('shop/a'), pod('shop/b')).outcome).toBe('denied');
    expect(ask(engine, pod('shop/dual'), pod('shop/b')).outcome).toBe('allowed');
    expect(ask(engine, pod('shop/v6'), pod('shop/b')).outcome).toBe('denied');
    expect(ask(engine, { ip: '10.9.9.9' }, pod('shop/b')).outcome).toBe('allowed');
    expect(ask(engine, { ip: '11.0.0.1' }, pod('shop/b')).outcome).toBe('denied');
  });

  it('given an exception, then another rule may still allow it', () => {
    const rules = [
      rule('x', 'ingress', { peers: [block('10.0.0.0/8', '10.0.0.1/32')] }),
      rule('y', 'ingress', { peers: [block('10.0.0.0/24')] }),
    ];
    expect(ask(engineOf(cluster, { rules, isolations: ingressDenied }), pod('shop/a'), pod('shop/b')).outcome).toBe(
      'allowed',
    );
  });

  it('given a block that reaches nothing of the cluster, then only addresses outside match, and the API server', () => {
    const engine = from(outside('0.0.0.0/0'));
    expect(ask(engine, pod('shop/a'), pod('shop/b')).outcome).toBe('denied');
    expect(ask(engine, { ip: '10.9.9.9' }, pod('shop/b')).outcome).toBe('allowed');
    expect(ask(engine, { entity: 'kube-apiserver' }, pod('shop/b')).outcome).toBe('allowed');
    const without = {
      kind: 'addresses',
      cidr: '0.0.0.0/0',
      except: [],
      reaches: { pods: false, nodes: false, apiServer: false },
    } as const;
    expect(ask(from(without), { ip: '172.16.0.1' }, pod('shop/b')).outcome).toBe('denied');
  });

  it('given the address that is used, then only that one of a pod with two counts', () => {
    const engine = from(block('10.0.0.0/8'));
    expect(ask(engine, pod('shop/dual'), pod('shop/b')).outcome).toBe('allowed');
    expect(ask(engine, { ...pod('shop/dual'), ip: '10.0.0.2' }, pod('shop/b')).outcome).toBe('allowed');
    expect(ask(engine, { ...pod('shop/dual'), ip: 'fd00::2' }, pod('shop/b')).outcome).toBe('denied');
    expect(ask(engine, { ip: 'fd00::2' }, pod('shop/b')).outcome).toBe('denied');
    // The other end's address tells the family, too.
    const egress = engineOf(cluster, {
      rules: [rule('x', 'egress', { peers: [block('10.0.0.0/8')] })],
      isolations: egressDenied,
    });
    expect(ask(egress, pod('shop/v6'), pod('shop/dual')).outcome).toBe('allowed');
    expect(ask(egress, { ip: 'fd00::3' }, pod('shop/dual')).outcome).toBe('denied');
  });

  it('given a node with addresses inside and outside of a block, then it depends on which is used', () => {
    const more = clusterOf({
      pods: [podOf('shop/b', { node: 'n2' }), podOf('kube/agent', { hostNetwork: true, node: 'n1' })],
      nodes: [nodeOf('n1', ['192.168.0.1', '8.8.4.4'])],
    });
    const rules = [rule('x', 'ingress', { peers: [block('192.168.0.0/16')] })];
    const engine = engineOf(more, { rules, isolations: ingressDenied });
    expect(ask(engine, { ip: '192.168.0.1' }, pod('shop/b')).outcome).toBe('allowed');
    expect(ask(engine, { ip: '8.8.4.4' }, pod('shop/b')).outcome).toBe('denied');
    const verdict = ask(engine, pod('kube/agent'), pod('shop/b'));
    expect([verdict.outcome, codes(verdict)]).toEqual(['unknown', ['address']]);
  });

  describe('of pods that are not known', () => {
    const unknown = clusterOf({ pods: [podOf('shop/a'), podOf('shop/b')] });
    const engineFrom = (cidr: string, ...except: string[]): NetworkEngine =>
      engineOf(unknown, {
        rules: [rule('x', 'ingress', { peers: [block(cidr, ...except)] })],
        isolations: ingressDenied,
      });

    it('given the block of all addresses, then it holds them, and says once that this is assumed', () => {
      const engine = engineFrom('0.0.0.0/0');
      expect(ask(engine, pod('shop/a'), pod('shop/b')).outcome).toBe('allowed');
      expect(engine.problems.map(({ code }) => code)).toEqual(['assumed']);
      expect(ask(engineFrom('::/0'), pod('shop/a'), pod('shop/b')).outcome).toBe('denied');
    });

    it('given a smaller block, or one with exceptions, then it can not be told', () => {
      for (const engine of [engineFrom('10.0.0.0/8'), engineFrom('0.0.0.0/0', '10.0.0.0/8')]) {
        const verdict = ask(engine, pod('shop/a'), pod('shop/b'));
        expect([verdict.outcome, codes(verdict)]).toEqual(['unknown', ['address']]);
        expect(ask(engine, { ...pod('shop/a'), ip: '11.0.0.1' }, pod('shop/b')).outcome).not.toBe('unknown');
      }
    });
  });
});

describe('ports by name', () => {
  const http = [{ name: 'http', port: 8080, protocol: 'TCP' as const }];
  const cluster = clusterOf({ pods: [podOf('shop/a'), podOf('shop/b', { namedPorts: http })], services: [] });
  const ports = [
    { protocol: 'TCP', name: 'http' },
    { protocol: 'TCP', from: 9, to: 9 },
  ] as const;

  it('given a name, then it stands for the port of the destination with its protocol', () => {
    for (const direction of ['ingress', 'egress'] as const) {
      const engine = engineOf(cluster, {
        rules: [rule('x', direction, { ports })],
        isolations: [isolation('i', direction)],
      });
      expect(ask(engine, pod('shop/a'), pod('shop/b'), { port: 8080 }).outcome).toBe('allowed');
      expect(ask(engine, pod('shop/a'), pod('shop/b'), { port: 8080, protocol: 'UDP' }).outcome).toBe('denied');
      expect(ask(engine, pod('shop/a'), pod('shop/b'), { port: 80 }).outcome).toBe('denied');
      // A pod without the name, and the rule's other port.
      expect(ask(engine, pod('shop/b'), pod('shop/a'), { port: 8080 }).outcome).toBe('denied');
      expect(ask(engine, pod('shop/b'), pod('shop/a'), { port: 9 }).outcome).toBe('allowed');
    }
  });

  it('given a pod that is gone, then its names can not be told; an address outside has none', () => {
    const engine = engineOf(cluster, { rules: [rule('x', 'egress', { ports })], isolations: egressDenied });
    const old = gone({ app: 'old' });
    const verdict = ask(engine, pod('shop/a'), old, { port: 8080 });
    expect([verdict.outcome, codes(verdict)]).toEqual(['unknown', ['named-port']]);
    expect(ask(engine, pod('shop/a'), old, { port: 9 }).outcome).toBe('allowed');
    expect(ask(engine, pod('shop/a'), { ip: '8.8.8.8' }, { port: 8080 }).outcome).toBe('denied');
  });

  it('given a recorded pod of a workload of which only the template is known, then it has its names of ports', () => {
    const workload = { kind: 'Deployment', namespace: 'shop', name: 'b' };
    const template = podOf('shop/b', {
      workload,
      template: true,
      namedPorts: http,
    });
    const engine = engineOf(clusterOf({ pods: [podOf('shop/a'), template] }), {
      rules: [rule('x', 'egress', { ports })],
      isolations: egressDenied,
    });
    const recorded = (more: Record<string, string>): EndpointQuery => ({
      workload,
      labels: new Map([...template.labels, ...Object.entries(more)]),
    });
    expect(ask(engine, pod('shop/a'), recorded({ 'pod-template-hash': '5d8f' }), { port: 8080 }).outcome).toBe(
      'allowed',
    );
    // One that was made from another template may have had other names.
    expect(ask(engine, pod('shop/a'), recorded({ release: 'old' }), { port: 8080 }).outcome).toBe('unknown');
  });
});

describe('a hidden source', () => {
  const cluster = clusterOf({ pods: [podOf('shop/a'), podOf('shop/b')] });
  const hidden = { sourceHidden: true };

  it('given rules that look at the source, then they can not be told; others can', () => {
    const selective = [rule('x', 'ingress', { peers: [term(podsWith('a'))] })];
    const engine = engineOf(cluster, { rules: selective, isolations: ingressDenied });
    const verdict = ask(engine, pod('shop/a'), pod('shop/b'), hidden);
    expect([verdict.outcome, codes(verdict)]).toEqual(['unknown', ['source-hidden']]);
    expect(ask(engineOf(cluster, {}), pod('shop/a'), pod('shop/b'), hidden).outcome).toBe('allowed');
    const open = engineOf(cluster, { rules: [rule('x', 'ingress', { peers: everything })], isolations: ingressDenied });
    expect(ask(open, pod('shop/a'), pod('shop/b'), hidden).outcome).toBe('allowed');
    const closed = engineOf(cluster, { isolations: ingressDenied, profile: { ...cilium, allowLocalhost: 'policy' } });
    expect(ask(closed, pod('shop/a'), pod('shop/b'), hidden).outcome).toBe('denied');
    const nobody = { rules: [rule('x', 'ingress', { peers: [] })], isolations: ingressDenied };
    const strict = engineOf(cluster, { ...nobody, profile: { ...cilium, allowLocalhost: 'policy' } });
    expect(ask(strict, pod('shop/a'), pod('shop/b'), hidden).outcome).toBe('denied');
  });
});

describe('requests', () => {
  const cluster = clusterOf({ pods: [podOf('shop/a'), podOf('shop/b')] });
  const layer7 = { http: [{ method: 'GET' }] };
  const limited = rule('l7', 'ingress', { layer7 });
  const get = { request: { http: { method: 'GET' } } };
  const post = { request: { http: { method: 'POST' } } };
  const [a, b] = [pod('shop/a'), pod('shop/b')];

  it('given only a rule with requests, then it is allowed on that condition, and the request decides', () => {
    const engine = engineOf(cluster, { rules: [limited], isolations: ingressDenied });
    expect(ask(engine, a, b)).toMatchObject({ outcome: 'allowed', ingress: { requestsJudged: true } });
    expect(ask(engine, a, b, get)).toMatchObject({ outcome: 'allowed', ingress: { requestsJudged: false } });
    expect(ask(engine, a, b, post).outcome).toBe('denied');
    const verdict = ask(engine, a, b, { request: {} });
    expect([verdict.outcome, codes(verdict)]).toEqual(['unknown', ['request']]);
    const [from = 0] = engine.resolve(a);
    const [to = 0] = engine.resolve(b);
    expect(engine.connection(from, to).every(({ conditional }) => conditional)).toBe(true);
    expect(engine.outcome(from, to, 'TCP', 80, post.request)).toBe('denied');
  });

  it('given another allow without requests, or nothing that isolates, then no request is looked at', () => {
    const both = engineOf(cluster, { rules: [limited, rule('x', 'ingress')], isolations: ingressDenied });
    expect(ask(both, a, b)).toMatchObject({ outcome: 'allowed', ingress: { requestsJudged: false } });
    expect(ask(both, a, b, post).outcome).toBe('allowed');
    const open = engineOf(cluster, { rules: [limited] });
    expect(ask(open, a, b)).toMatchObject({ outcome: 'allowed', ingress: { requestsJudged: false } });
    expect(ask(open, a, b, post).outcome).toBe('allowed');
  });
});

describe('names of DNS', () => {
  const cluster = clusterOf({
    pods: [podOf('shop/a'), podOf('shop/b', { ips: ['10.0.0.2'] })],
    nodes: [nodeOf('n1', ['192.168.0.1'])],
    apiServer: ['7.7.7.7'],
  });
  const rules = [rule('x', 'egress', { peers: [{ kind: 'names', pattern: '*.example.com' }] })];
  const engine = engineOf(cluster, { rules, isolations: egressDenied, profile: cilium });

  it('given the names of an address, then they decide; without them it can not be told', () => {
    expect(ask(engine, pod('shop/a'), { ip: '8.8.8.8', dnsNames: ['a.example.com.'] }).outcome).toBe('allowed');
    expect(ask(engine, pod('shop/a'), { ip: '8.8.8.8', dnsNames: ['a.example.org'] }).outcome).toBe('denied');
    expect(ask(engine, pod('shop/a'), { ip: '8.8.8.8', dnsNames: [] }).outcome).toBe('denied');
    const verdict = ask(engine, pod('shop/a'), { ip: '8.8.8.8' });
    expect([verdict.outcome, codes(verdict)]).toEqual(['unknown', ['dns']]);
    expect(ask(engine, pod('shop/a'), { entity: 'world' }).outcome).toBe('unknown');
  });

  it('given pods and nodes, then no name is theirs; the API server outside may have one', () => {
    expect(ask(engine, pod('shop/a'), { ip: '10.0.0.2' }).outcome).toBe('denied');
    expect(ask(engine, pod('shop/a'), { ip: '192.168.0.1' }).outcome).toBe('denied');
    expect(ask(engine, pod('shop/a'), { ip: '7.7.7.7' }).outcome).toBe('unknown');
    expect(ask(engine, pod('shop/a'), { ip: '7.7.7.7', dnsNames: ['api.example.com'] }).outcome).toBe('allowed');
  });
});

function version(value: string): Rule['subjects'] {
  return [{ key: 'pod:version', operator: 'In', values: [value] }];
}

function gone(labels: Record<string, string>): EndpointQuery {
  return { namespace: 'shop', labels: new Map(Object.entries(labels)) };
}

describe('ends that are several', () => {
  const deployment = { kind: 'Deployment', namespace: 'shop', name: 'web' };
  const cluster = clusterOf({
    namespaces: [namespaceOf('shop', { team: 'x' })],
    pods: [
      podOf('shop/w1', { workload: deployment, labels: { version: '1' } }),
      podOf('shop/w2', { workload: deployment, labels: { version: '2' } }),
      podOf('shop/c'),
    ],
    services: [
      {
        namespace: 'shop',
        name: 'web',
        labels: new Map(),
        annotations: new Map(),
        type: 'ClusterIP',
        clusterIps: ['10.96.0.1'],
        externalIps: [],
        selector: new Map([['version', '1']]),
        ports: [],
      },
    ],
  });
  const engine = engineOf(cluster, { isolations: [isolation('closed', 'ingress', { subjects: version('1') })] });

  it('given pods of a workload that differ, then it can not be told, unless labels narrow it', () => {
    const verdict = ask(engine, pod('shop/c'), { workload: deployment });
    expect([verdict.outcome, codes(verdict)]).toEqual(['unknown', ['workload-differs']]);
    expect(ask(engine, pod('shop/c'), { workload: deployment, labels: new Map([['version', '2']]) }).outcome).toBe(
      'allowed',
    );
    expect(ask(engineOf(cluster, {}), pod('shop/c'), { workload: deployment }).outcome).toBe('allowed');
  });

  it('given labels of a pod that is gone, then rules about labels are about it', () => {
    expect(ask(engine, pod('shop/c'), gone({ version: '1', old: '' })).outcome).toBe('denied');
    expect(ask(engine, pod('shop/c'), gone({ version: '3' })).outcome).toBe('allowed');
    const team = [{ key: 'ns:team', operator: 'In', values: ['x'] }] as const;
    const byTeam = engineOf(cluster, { isolations: [isolation('closed', 'ingress', { subjects: team })] });
    expect(ask(byTeam, pod('shop/c'), gone({ version: '3' })).outcome).toBe('denied');
    const account = [{ key: 'serviceaccount', operator: 'In', values: ['robot'] }] as const;
    const byAccount = engineOf(cluster, { isolations: [isolation('closed', 'ingress', { subjects: account })] });
    expect(ask(byAccount, pod('shop/c'), gone({ version: '3' })).outcome).toBe('unknown');
    expect(ask(byAccount, pod('shop/c'), gone({ 'io.cilium.k8s.policy.serviceaccount': 'robot' })).outcome).toBe(
      'denied',
    );
  });

  it('given the address of a service, then its backends are meant', () => {
    expect(ask(engine, pod('shop/c'), { ip: '10.96.0.1' }).outcome).toBe('denied');
  });
});
