import { cilium } from '../cilium-scene.ts';
import { by, roles, tcp } from './cilium-example.ts';
import type { Example } from './cilium-example.ts';
import type { Request } from '../../network/layer7.ts';

const get = (path: string): { request: Request } => ({ request: { http: { method: 'GET', path } } });

/** Examples of Cilium's policy language documentation (v1.20) about layer 4 and 7, each with what its text says of it. */
export const LAYER4_EXAMPLES: readonly Example[] = [
  {
    source: 'l4/l4.yaml',
    pods: { 'default/mine': { app: 'myService' }, 'prod/peer': {} },
    policies: [cilium({ endpointSelector: by({ app: 'myService' }), egress: [{ toPorts: [tcp('80')] }] }, 'default')],
    asks: [
      ['default/mine', 'prod/peer', 'TCP/80', 'allowed'],
      ['default/mine', '192.0.2.1', 'TCP/80', 'allowed'],
      ['default/mine', 'prod/peer', 'TCP/81', 'denied'],
      ['default/mine', 'prod/peer', 'UDP/80', 'denied'],
    ],
  },
  {
    source: 'l4/l4_port_range.yaml',
    pods: { 'default/mine': { app: 'myService' }, 'prod/peer': {} },
    policies: [
      cilium(
        {
          endpointSelector: by({ app: 'myService' }),
          egress: [{ toPorts: [{ ports: [{ port: '80', endPort: 444, protocol: 'TCP' }] }] }],
        },
        'default',
      ),
    ],
    asks: [
      ['default/mine', 'prod/peer', 'TCP/79', 'denied'],
      ['default/mine', 'prod/peer', 'TCP/80', 'allowed'],
      ['default/mine', 'prod/peer', 'TCP/444', 'allowed'],
      ['default/mine', 'prod/peer', 'TCP/445', 'denied'],
    ],
  },
  {
    source: 'l4/l3_l4_combined.yaml, getting-started/l3-l4-policy.yaml',
    pods: roles,
    policies: [
      cilium(
        {
          endpointSelector: by({ role: 'backend' }),
          ingress: [{ fromEndpoints: [by({ role: 'frontend' })], toPorts: [tcp('80')] }],
        },
        'default',
      ),
    ],
    asks: [
      ['default/front', 'default/back', 'TCP/80', 'allowed'],
      ['default/front', 'default/back', 'TCP/81', 'denied'],
      ['default/other', 'default/back', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l4/multi_rule.yaml',
    pods: roles,
    policies: [
      cilium(
        {
          endpointSelector: by({ role: 'backend' }),
          ingress: [{ fromEndpoints: [by({ role: 'frontend' })] }, { toPorts: [tcp('80')] }],
        },
        'default',
      ),
    ],
    asks: [
      ['default/front', 'default/back', 'TCP/9999', 'allowed'],
      ['default/other', 'default/back', 'TCP/80', 'allowed'],
      ['default/other', 'default/back', 'TCP/81', 'denied'],
    ],
  },
  {
    source: 'l4/cidr_l4_combined.yaml',
    pods: { 'default/bot': { role: 'crawler' } },
    policies: [
      cilium(
        { endpointSelector: by({ role: 'crawler' }), egress: [{ toCIDR: ['192.0.2.0/24'], toPorts: [tcp('80')] }] },
        'default',
      ),
    ],
    asks: [
      ['default/bot', '192.0.2.9', 'TCP/80', 'allowed'],
      ['default/bot', '192.0.2.9', 'TCP/443', 'denied'],
      ['default/bot', '192.0.3.9', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l4/icmp.yaml',
    pods: { 'default/mine': { app: 'myService' } },
    policies: [
      cilium(
        {
          endpointSelector: by({ app: 'myService' }),
          egress: [
            {
              icmps: [
                {
                  fields: [
                    { type: 8, family: 'IPv4' },
                    { type: 'EchoRequest', family: 'IPv6' },
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
      ['default/mine', '192.0.2.1', 'ICMP/8', 'allowed'],
      ['default/mine', '192.0.2.1', 'ICMP/3', 'denied'],
      ['default/mine', '2001:db8::1', 'ICMPv6/128', 'allowed'],
      ['default/mine', '192.0.2.1', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'l4/l4_sni.yaml',
    pods: { 'default/mine': { app: 'myService' } },
    policies: [
      cilium(
        {
          endpointSelector: by({ app: 'myService' }),
          egress: [{ toPorts: [tcp('443', { serverNames: ['one.one.one.one'] })] }],
        },
        'default',
      ),
    ],
    asks: [
      ['default/mine', '192.0.2.1', 'TCP/443', 'allowed', { request: { sni: 'one.one.one.one' } }],
      ['default/mine', '192.0.2.1', 'TCP/443', 'denied', { request: { sni: 'two.one.one.one' } }],
      ['default/mine', '192.0.2.1', 'TCP/443', 'unknown', { request: {} }],
    ],
  },
  {
    source: 'l4/init.yaml, l4/from_init.yaml',
    pods: { 'default/mine': { app: 'myService' }, 'default/other': {} },
    policies: [
      cilium(
        {
          endpointSelector: by({ app: 'myService' }),
          ingress: [{ fromEntities: ['init'] }, { toPorts: [{ ports: [{ port: '53', protocol: 'UDP' }] }] }],
        },
        'default',
      ),
      cilium({
        endpointSelector: by({ 'reserved:init': '' }),
        ingress: [{ fromEntities: ['host'] }],
        egress: [{ toEntities: ['all'], toPorts: [{ ports: [{ port: '53', protocol: 'UDP' }] }] }],
      }),
    ],
    asks: [
      ['[init]', 'default/mine', 'UDP/53', 'allowed'],
      ['[init]', 'default/mine', 'TCP/80', 'denied'],
      ['default/other', 'default/mine', 'TCP/80', 'denied'],
    ],
  },
  {
    source: 'getting-started/l7-policy.yaml',
    pods: { 'default/web': { id: 'web-server' }, 'default/good': { id: 'goodclient' } },
    policies: [
      cilium(
        {
          endpointSelector: by({ id: 'web-server' }),
          ingress: [
            {
              fromEndpoints: [by({ id: 'goodclient' })],
              toPorts: [tcp('8181', { rules: { http: [{ method: 'GET', path: '/public' }] } })],
            },
          ],
        },
        'default',
      ),
    ],
    asks: [
      ['default/good', 'default/web', 'TCP/8181', 'allowed'],
      ['default/good', 'default/web', 'TCP/8181', 'allowed', get('/public')],
      ['default/good', 'default/web', 'TCP/8181', 'denied', get('/private')],
      ['default/good', 'default/web', 'TCP/8181', 'denied', get('/public/more')],
      ['default/good', 'default/web', 'TCP/8181', 'denied', { request: { http: { method: 'PUT', path: '/public' } } }],
    ],
  },
];
