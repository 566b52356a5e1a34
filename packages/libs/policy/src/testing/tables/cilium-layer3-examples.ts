import { cilium } from '../cilium-scene.ts';
import { by, dnsLabels, roles } from './cilium-example.ts';
import type { Example } from './cilium-example.ts';

/** Examples of Cilium's policy language documentation (v1.20) about layer 3, each with what its text says of it. */
export const LAYER3_EXAMPLES: readonly Example[] = [
  {
    source: 'l3/simple/l3.yaml',
    pods: roles,
    policies: [
      cilium(
        { endpointSelector: by({ role: 'backend' }), ingress: [{ fromEndpoints: [by({ role: 'frontend' })] }] },
        'default',
      ),
    ],
    asks: [
      ['default/front', 'default/back', 'TCP/80', 'allowed'],
      ['default/front', 'default/back', 'ICMP/8', 'allowed'],
      ['default/other', 'default/back', 'TCP/80', 'denied'],
      ['prod/front', 'default/back', 'TCP/80', 'denied'],
      ['192.0.2.1', 'default/back', 'TCP/80', 'denied'],
      ['default/back', 'default/other', 'TCP/80', 'allowed'],
    ],
  },
  {
    source: 'l3/simple/l3_egress.yaml',
    pods: roles,
    policies: [
      cilium(
        { endpointSelector: by({ role: 'frontend' }), egress: [{ toEndpoints: [by({ role: 'backend' })] }] },
        'default',
      ),
    ],
    asks: [
      ['default/front', 'default/back', 'UDP/53', 'allowed'],
      ['default/front', 'default/other', 'UDP/53', 'denied'],
      ['default/other', 'default/front', 'UDP/53', 'allowed'],
    ],
  },
  {
    source: 'l3/ingress-allow-all/ingress-allow-all.yaml',
    pods: { 'default/victim': { role: 'victim' }, ...roles },
    policies: [cilium({ endpointSelector: by({ role: 'victim' }), ingress: [{ fromEndpoints: [{}] }] }, 'default')],
    asks: [
      ['default/front', 'default/victim', 'TCP/80', 'allowed'],
      ['prod/front', 'default/victim', 'TCP/80', 'denied'],
      ['192.0.2.1', 'default/victim', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l3/egress-allow-all/egress-allow-all.yaml',
    pods: roles,
    policies: [cilium({ endpointSelector: by({ role: 'frontend' }), egress: [{ toEndpoints: [{}] }] }, 'default')],
    asks: [
      ['default/front', 'default/back', 'TCP/80', 'allowed'],
      ['default/front', 'prod/front', 'TCP/80', 'denied'],
      ['default/front', '192.0.2.1', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l3/egress-default-deny/egress-default-deny.yaml',
    pods: roles,
    policies: [cilium({ endpointSelector: by({ role: 'frontend' }), egress: [{}] }, 'default')],
    asks: [
      ['default/front', 'default/back', 'TCP/80', 'denied'],
      ['default/back', 'default/front', 'TCP/80', 'allowed'],
    ],
  },
  {
    source: 'l3/egress-deny/egress-deny.yaml',
    pods: roles,
    policies: [
      cilium(
        {
          endpointSelector: by({ role: 'frontend' }),
          egress: [{ toEntities: ['all'] }],
          egressDeny: [{ toEndpoints: [by({ role: 'backend' })] }],
        },
        'default',
      ),
    ],
    asks: [
      ['default/front', 'default/back', 'TCP/80', 'denied'],
      ['default/front', 'default/other', 'TCP/80', 'allowed'],
      ['default/front', '192.0.2.1', 'TCP/80', 'allowed'],
    ],
  },
  {
    source: 'l3/entities/from_world_deny.yaml',
    pods: roles,
    policies: [
      cilium({
        endpointSelector: {},
        ingressDeny: [{ fromEntities: ['world'] }],
        ingress: [{ fromEntities: ['all'] }],
      }),
    ],
    asks: [
      ['192.0.2.1', 'default/back', 'TCP/80', 'denied'],
      ['2001:db8::1', 'default/back', 'TCP/80', 'denied'],
      ['prod/front', 'default/back', 'TCP/80', 'allowed'],
      ['10.9.0.2', 'default/back', 'TCP/80', 'allowed'],
    ],
  },
  {
    source: 'l3/entities/apiserver.yaml',
    pods: { 'default/dev': { env: 'dev' } },
    policies: [
      cilium({ endpointSelector: by({ env: 'dev' }), egress: [{ toEntities: ['kube-apiserver'] }] }, 'default'),
    ],
    asks: [
      ['default/dev', '[kube-apiserver]', 'TCP/443', 'allowed'],
      ['default/dev', '192.0.2.1', 'TCP/443', 'denied'],
    ],
  },
  {
    source: 'l3/entities/host.yaml',
    pods: { 'default/dev': { env: 'dev' } },
    policies: [cilium({ endpointSelector: by({ env: 'dev' }), egress: [{ toEntities: ['host'] }] }, 'default')],
    asks: [
      ['default/dev', '10.9.0.1', 'TCP/80', 'allowed'],
      ['default/dev', '10.9.0.2', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l3/entities/nodes.yaml',
    pods: { 'default/dev': { env: 'dev' }, ...roles },
    policies: [
      cilium({ endpointSelector: by({ env: 'dev' }), ingress: [{ fromEntities: ['host', 'remote-node'] }] }, 'default'),
    ],
    asks: [
      ['10.9.0.1', 'default/dev', 'TCP/80', 'allowed'],
      ['10.9.0.2', 'default/dev', 'TCP/80', 'allowed'],
      ['default/front', 'default/dev', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l3/entities/customnodes.yaml',
    pods: { 'default/prod': { env: 'prod' } },
    policies: [
      cilium({ endpointSelector: by({ env: 'prod' }), ingress: [{ fromNodes: [by({ zone: 'n2' })] }] }, 'default'),
    ],
    profile: { nodeSelectorLabels: true, allowLocalhost: 'policy' },
    asks: [
      ['10.9.0.2', 'default/prod', 'TCP/80', 'allowed'],
      ['10.9.0.1', 'default/prod', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l3/entities/world.yaml',
    pods: { 'default/public': { role: 'public' }, ...roles },
    policies: [cilium({ endpointSelector: by({ role: 'public' }), ingress: [{ fromEntities: ['world'] }] }, 'default')],
    asks: [
      ['192.0.2.1', 'default/public', 'TCP/80', 'allowed'],
      ['default/front', 'default/public', 'TCP/80', 'denied'],
      ['10.9.0.2', 'default/public', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l3/cidr/cidr.yaml',
    pods: { 'default/mine': { app: 'myService' }, 'default/peer': {} },
    policies: [
      cilium(
        {
          endpointSelector: by({ app: 'myService' }),
          egress: [{ toCIDR: ['20.1.1.1/32'] }, { toCIDRSet: [{ cidr: '10.0.0.0/8', except: ['10.96.0.0/12'] }] }],
        },
        'default',
      ),
    ],
    asks: [
      ['default/mine', '20.1.1.1', 'TCP/80', 'allowed'],
      ['default/mine', '20.1.1.2', 'TCP/80', 'denied'],
      ['default/mine', '10.200.0.1', 'TCP/80', 'allowed'],
      ['default/mine', '10.96.0.1', 'TCP/80', 'denied'],
      ['default/mine', 'default/peer', 'TCP/80', 'denied'],
      ['default/mine', '10.9.0.2', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l3/fqdn/fqdn.yaml',
    pods: { 'default/app': { app: 'test-app' }, 'kube-system/dns': dnsLabels },
    policies: [
      cilium(
        {
          endpointSelector: by({ app: 'test-app' }),
          egress: [
            {
              toEndpoints: [by({ 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s:k8s-app': 'kube-dns' })],
              toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], rules: { dns: [{ matchPattern: '*' }] } }],
            },
            { toFQDNs: [{ matchName: 'my-remote-service.com' }] },
          ],
        },
        'default',
      ),
    ],
    asks: [
      ['default/app', 'kube-system/dns', 'UDP/53', 'allowed', { request: { dnsName: 'anything.example.org.' } }],
      ['default/app', 'kube-system/dns', 'TCP/80', 'denied'],
      ['default/app', '192.0.2.1', 'TCP/443', 'allowed', { dnsNames: ['My-Remote-Service.com.'] }],
      ['default/app', '192.0.2.1', 'TCP/443', 'denied', { dnsNames: ['other.com'] }],
      ['default/app', '192.0.2.1', 'TCP/443', 'unknown'],
    ],
  },
  {
    source: 'l3/match-expressions/and-statement.yaml',
    pods: {
      'default/web': {},
      'production/strict': { 'cilium.example.com/policy': 'strict' },
      'production/lax': {},
      'default/strict': { 'cilium.example.com/policy': 'strict' },
    },
    policies: [
      cilium(
        {
          endpointSelector: {},
          ingress: [
            {
              fromEndpoints: [
                {
                  matchExpressions: [
                    { key: 'k8s:io.kubernetes.pod.namespace', operator: 'In', values: ['production'] },
                    { key: 'k8s:cilium.example.com/policy', operator: 'In', values: ['strict'] },
                  ],
                },
              ],
            },
          ],
        },
        'default',
      ),
    ],
    asks: [
      ['production/strict', 'default/web', 'TCP/80', 'allowed'],
      ['production/lax', 'default/web', 'TCP/80', 'denied'],
      ['default/strict', 'default/web', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l3/match-expressions/or-statement.yaml',
    pods: {
      'default/web': {},
      'production/lax': {},
      'default/strict': { 'cilium.example.com/policy': 'strict' },
      'other/strict': { 'cilium.example.com/policy': 'strict' },
    },
    policies: [
      cilium(
        {
          endpointSelector: {},
          ingress: [
            {
              fromEndpoints: [
                {
                  matchExpressions: [
                    { key: 'k8s:io.kubernetes.pod.namespace', operator: 'In', values: ['production'] },
                  ],
                },
                { matchExpressions: [{ key: 'k8s:cilium.example.com/policy', operator: 'In', values: ['strict'] }] },
              ],
            },
          ],
        },
        'default',
      ),
    ],
    asks: [
      ['production/lax', 'default/web', 'TCP/80', 'allowed'],
      ['default/strict', 'default/web', 'TCP/80', 'allowed'],
      // The second one names no namespace: it stays in the policy's own.
      ['other/strict', 'default/web', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l3/service/service.yaml',
    pods: { 'default/app': { id: 'app2' }, 'default/mine': { app: 'mine' }, 'another/stage': {}, 'default/else': {} },
    policies: [
      cilium(
        {
          endpointSelector: by({ id: 'app2' }),
          egress: [
            {
              toServices: [
                { k8sService: { serviceName: 'myservice', namespace: 'default' } },
                { k8sServiceSelector: { selector: by({ env: 'staging' }), namespace: 'another' } },
              ],
            },
          ],
        },
        'default',
      ),
    ],
    more: [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: 'default', name: 'myservice' },
        spec: { selector: { app: 'mine' }, ports: [{ port: 80 }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: 'another', name: 'outside', labels: { env: 'staging' } },
        spec: { ports: [{ port: 80 }] },
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { namespace: 'another', name: 'outside-1', labels: { 'kubernetes.io/service-name': 'outside' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['192.0.2.7'] }, { addresses: ['10.0.0.3'] }],
        ports: [],
      },
    ],
    asks: [
      ['default/app', 'default/mine', 'TCP/80', 'allowed'],
      ['default/app', 'default/else', 'TCP/80', 'denied'],
      ['default/app', '192.0.2.7', 'TCP/80', 'allowed'],
      ['default/app', '192.0.2.8', 'TCP/80', 'denied'],
      // Its address stands for the service, but addresses never mean pods.
      ['default/app', 'another/stage', 'TCP/80', 'denied'],
    ],
  },
];
