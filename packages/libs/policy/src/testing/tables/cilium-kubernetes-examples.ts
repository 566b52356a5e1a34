import { cilium } from '../cilium-scene.ts';
import { by, dnsLabels, tcp } from './cilium-example.ts';
import type { Example } from './cilium-example.ts';
import type { Request } from '../../network/layer7.ts';

const get = (path: string): { request: Request } => ({ request: { http: { method: 'GET', path } } });

/** Examples of Cilium's policy language documentation (v1.20) about Kubernetes and the host, each with what its text says of it. */
export const KUBERNETES_EXAMPLES: readonly Example[] = [
  {
    source: 'kubernetes/serviceaccount/serviceaccount-policy.yaml',
    pods: { 'default/leia': { name: 'leia' }, 'default/luke': {}, 'default/vader': {} },
    policies: [
      cilium(
        {
          endpointSelector: by({ 'io.cilium.k8s.policy.serviceaccount': 'leia' }),
          ingress: [
            {
              fromEndpoints: [by({ 'io.cilium.k8s.policy.serviceaccount': 'luke' })],
              toPorts: [tcp('80', { rules: { http: [{ method: 'GET', path: '/public$' }] } })],
            },
          ],
        },
        'default',
      ),
    ],
    asks: [
      ['default/luke', 'default/leia', 'TCP/80', 'allowed', get('/public')],
      ['default/vader', 'default/leia', 'TCP/80', 'denied', get('/public')],
    ],
  },
  {
    source: 'kubernetes/namespace/isolate-namespaces.yaml',
    pods: { 'ns1/a': {}, 'ns1/b': {}, 'ns2/c': {} },
    policies: [cilium({ endpointSelector: {}, ingress: [{ fromEndpoints: [by({})] }] }, 'ns1')],
    asks: [
      ['ns1/b', 'ns1/a', 'TCP/80', 'allowed'],
      ['ns2/c', 'ns1/a', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'kubernetes/namespace/namespace-policy.yaml',
    pods: { 'ns1/leia': { name: 'leia' }, 'ns2/luke': { name: 'luke' }, 'ns1/luke': { name: 'luke' } },
    policies: [
      cilium(
        {
          endpointSelector: by({ name: 'leia' }),
          ingress: [{ fromEndpoints: [by({ 'k8s:io.kubernetes.pod.namespace': 'ns2', name: 'luke' })] }],
        },
        'ns1',
      ),
    ],
    asks: [
      ['ns2/luke', 'ns1/leia', 'TCP/80', 'allowed'],
      ['ns1/luke', 'ns1/leia', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'kubernetes/namespace/namespace-labels-policy.yaml',
    pods: { 'default/base': { name: 'rebel-base' }, 'friends/x': {}, 'empire/y': {} },
    policies: [
      cilium(
        {
          endpointSelector: by({ name: 'rebel-base' }),
          ingress: [{ fromEndpoints: [by({ 'io.cilium.k8s.namespace.labels.faction': 'alliance' })] }],
        },
        'default',
      ),
    ],
    more: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'friends', labels: { faction: 'alliance' } } },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'empire', labels: { faction: 'empire' } } },
    ],
    asks: [
      ['friends/x', 'default/base', 'TCP/80', 'allowed'],
      ['empire/y', 'default/base', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'kubernetes/namespace/kubedns-policy.yaml',
    pods: { 'public/app': {}, 'kube-system/dns': dnsLabels },
    policies: [
      cilium(
        {
          endpointSelector: {},
          egress: [
            {
              toEndpoints: [by({ 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s-app': 'kube-dns' })],
              toPorts: [{ ports: [{ port: '53', protocol: 'UDP' }] }],
            },
          ],
        },
        'public',
      ),
    ],
    asks: [
      ['public/app', 'kube-system/dns', 'UDP/53', 'allowed'],
      ['public/app', 'kube-system/dns', 'TCP/53', 'denied'],
    ],
  },
  {
    source: 'kubernetes/clusterwide/clusterscope-policy.yaml',
    pods: { 'a/leia': { name: 'leia' }, 'b/luke': { name: 'luke' }, 'b/han': { name: 'han' } },
    policies: [
      cilium({ endpointSelector: by({ name: 'leia' }), ingress: [{ fromEndpoints: [by({ name: 'luke' })] }] }),
    ],
    asks: [
      ['b/luke', 'a/leia', 'TCP/80', 'allowed'],
      ['b/han', 'a/leia', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'kubernetes/clusterwide/wildcard-from-endpoints.yaml',
    pods: { 'kube-system/dns': dnsLabels, 'a/app': {} },
    policies: [
      cilium({
        endpointSelector: by({ 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s-app': 'kube-dns' }),
        ingress: [{ fromEndpoints: [{}], toPorts: [{ ports: [{ port: '53', protocol: 'UDP' }] }] }],
      }),
    ],
    asks: [
      ['a/app', 'kube-system/dns', 'UDP/53', 'allowed'],
      ['a/app', 'kube-system/dns', 'TCP/53', 'denied'],
      // Clusterwide, {} still means pods only.
      ['192.0.2.1', 'kube-system/dns', 'UDP/53', 'denied'],
    ],
  },
  {
    source: 'host/demo-host-policy.yaml',
    pods: { 'default/app': {} },
    policies: [
      cilium({
        nodeSelector: by({ zone: 'n1' }),
        ingress: [
          { fromEntities: ['cluster'] },
          { toPorts: [tcp('22')] },
          { icmps: [{ fields: [{ type: 'EchoRequest', family: 'IPv4' }] }] },
        ],
      }),
    ],
    profile: { hostFirewall: true },
    asks: [
      ['192.0.2.1', '10.9.0.1', 'TCP/22', 'allowed'],
      ['192.0.2.1', '10.9.0.1', 'TCP/80', 'denied'],
      ['192.0.2.1', '10.9.0.1', 'ICMP/8', 'allowed'],
      ['192.0.2.1', '10.9.0.2', 'TCP/80', 'allowed'],
      ['10.9.0.2', '10.9.0.1', 'TCP/80', 'allowed'],
    ],
  },
  {
    source: 'host policies without the host firewall (page host)',
    pods: { 'default/app': {} },
    policies: [cilium({ nodeSelector: {}, ingress: [{}] })],
    asks: [['192.0.2.1', '10.9.0.1', 'TCP/80', 'allowed']],
  },
];
