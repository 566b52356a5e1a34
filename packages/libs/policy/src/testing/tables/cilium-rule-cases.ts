import { cilium } from '../cilium-scene.ts';
import { onWeb, ports, web } from './cilium-case.ts';
import type { Case } from './cilium-case.ts';

/** Default deny, selectors, ports and hosts. */
export const CILIUM_RULE_CASES: readonly Case[] = [
  {
    given: 'an empty item',
    policies: [onWeb({ ingress: [{}] })],
    asks: [
      ['a/api', 'a/web', 'TCP/80', 'denied'],
      ['a/web', 'a/api', 'TCP/80', 'allowed'],
    ],
  },
  {
    given: 'an empty list beside a rule of the other direction, and default deny asked for',
    policies: [onWeb({ ingress: [], egress: [{ toEntities: ['all'] }], enableDefaultDeny: { ingress: true } })],
    asks: [['a/api', 'a/web', 'TCP/80', 'allowed']],
  },
  {
    given: 'an empty deny item',
    policies: [onWeb({ ingressDeny: [{}], ingress: [{ fromEndpoints: [{}] }] })],
    asks: [
      ['a/api', 'a/web', 'TCP/80', 'allowed'],
      ['b/web', 'a/web', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'no default deny, an allow and a deny',
    policies: [
      onWeb({
        enableDefaultDeny: { ingress: false },
        ingress: [{ fromEndpoints: [{}], ...ports({ port: '80' }) }],
        ingressDeny: [{ fromEntities: ['cluster'], ...ports({ port: '81' }) }],
      }),
    ],
    asks: [
      ['a/api', 'a/web', 'TCP/80', 'allowed'],
      ['a/api', 'a/web', 'TCP/81', 'denied'],
      ['192.0.2.1', 'a/web', 'TCP/81', 'allowed'],
    ],
  },
  {
    given: 'no default deny asked of an agent that does not heed it',
    policies: [onWeb({ enableDefaultDeny: { ingress: false }, ingress: [{}] })],
    profile: { nonDefaultDeny: false },
    asks: [['a/api', 'a/web', 'TCP/80', 'denied']],
  },
  {
    given: 'a deny against an allow of another policy',
    policies: [
      onWeb({ ingress: [{ fromEntities: ['all'] }] }),
      cilium({ endpointSelector: {}, ingressDeny: [{ fromEndpoints: [{ matchLabels: { app: 'api' } }] }] }),
    ],
    asks: [
      ['a/api', 'a/web', 'TCP/80', 'denied'],
      ['b/web', 'a/web', 'TCP/80', 'allowed'],
    ],
  },
  {
    given: 'an empty list of endpoints with ports',
    policies: [onWeb({ ingress: [{ fromEndpoints: [], ...ports({ port: '80' }) }] })],
    asks: [['a/api', 'a/web', 'TCP/80', 'denied']],
  },
  {
    given: 'an empty list of names with ports, which counts as absent',
    policies: [onWeb({ egress: [{ toFQDNs: [], ...ports({ port: '80' }) }] })],
    asks: [
      ['a/web', 'a/api', 'TCP/80', 'allowed'],
      ['a/web', 'a/api', 'TCP/81', 'denied'],
    ],
  },
  {
    given: 'a port rule without ports',
    policies: [onWeb({ ingress: [{ fromEndpoints: [{}], toPorts: [{}] }] })],
    asks: [['a/api', 'a/web', 'TCP/80', 'denied']],
  },
  {
    given: 'an empty list of port rules, which counts as absent',
    policies: [onWeb({ ingress: [{ fromEndpoints: [{}], toPorts: [] }] })],
    asks: [['a/api', 'a/web', 'UDP/9', 'allowed']],
  },
  {
    given: 'mutual authentication',
    policies: [onWeb({ ingress: [{ fromEndpoints: [{}], authentication: { mode: 'required' } }] })],
    asks: [
      ['a/api', 'a/web', 'TCP/80', 'unknown'],
      ['b/web', 'a/web', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'authentication switched off',
    policies: [onWeb({ ingress: [{ fromEndpoints: [{}], authentication: { mode: 'disabled' } }] })],
    asks: [['a/api', 'a/web', 'TCP/80', 'allowed']],
  },
  {
    given: 'a selector by a label that is no part of identities',
    policies: [cilium({ endpointSelector: { matchLabels: { 'pod-template-hash': '7' } }, ingress: [{}] }, 'a')],
    asks: [['a/api', 'a/web', 'TCP/80', 'allowed']],
  },
  {
    given: 'peers without a label that is no part of identities',
    policies: [
      onWeb({
        ingress: [{ fromEndpoints: [{ matchExpressions: [{ key: 'pod-template-hash', operator: 'DoesNotExist' }] }] }],
      }),
    ],
    asks: [['a/api', 'a/web', 'TCP/80', 'allowed']],
  },
  {
    given: 'another namespace in the subject’s labels',
    policies: [
      cilium({ endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'b' } }, ingress: [{}] }, 'a'),
    ],
    asks: [
      ['b/web', 'a/web', 'TCP/80', 'denied'],
      ['a/web', 'b/web', 'TCP/80', 'allowed'],
    ],
  },
  {
    given: 'peers by a label of their source',
    policies: [
      onWeb({
        ingress: [
          { fromEndpoints: [{ matchLabels: { 'container:app': 'api' } }, { matchLabels: { 'any:app': 'api' } }] },
        ],
      }),
    ],
    asks: [
      ['a/api', 'a/web', 'TCP/80', 'allowed'],
      ['a/web', 'a/web', 'TCP/80', 'allowed'],
    ],
  },
  {
    given: 'peers by a reserved label, which no namespace limits',
    policies: [onWeb({ ingress: [{ fromEndpoints: [{ matchLabels: { 'reserved:remote-node': '' } }] }] })],
    asks: [
      ['10.9.0.2', 'a/web', 'TCP/80', 'allowed'],
      ['a/api', 'a/web', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'peers by a label of a source that pods do not have',
    policies: [onWeb({ ingress: [{ fromEndpoints: [{ matchLabels: { 'container:app': 'api' } }] }] })],
    asks: [['a/api', 'a/web', 'TCP/80', 'denied']],
  },
  {
    given: 'clusterwide peers that are everybody, and nodes that have labels',
    policies: [cilium({ endpointSelector: web, ingress: [{ fromEndpoints: [{}] }] })],
    profile: { nodeSelectorLabels: true },
    asks: [
      ['b/web', 'a/web', 'TCP/80', 'allowed'],
      ['10.9.0.2', 'a/web', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'clusterwide peers that are everybody',
    policies: [cilium({ endpointSelector: web, ingress: [{ fromEndpoints: [{}] }] })],
    asks: [
      ['b/web', 'a/web', 'TCP/80', 'allowed'],
      ['10.9.0.2', 'a/web', 'TCP/80', 'denied'],
      ['192.0.2.1', 'a/web', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'port 0, a range, and ports in other forms',
    policies: [
      onWeb({
        ingress: [
          {
            fromEndpoints: [{}],
            ...ports({ port: '0', protocol: 'UDP' }, { port: '80', endPort: 60 }, { port: '0120' }),
          },
        ],
      }),
    ],
    asks: [
      ['a/api', 'a/web', 'UDP/7', 'allowed'],
      ['a/api', 'a/web', 'TCP/7', 'denied'],
      ['a/api', 'a/web', 'TCP/80', 'allowed'],
      ['a/api', 'a/web', 'TCP/70', 'denied'],
      ['a/api', 'a/web', 'TCP/120', 'denied'],
    ],
  },
  {
    given: 'named ports, in any case',
    policies: [
      onWeb({ ingress: [{ ...ports({ port: 'WEB' }) }] }),
      cilium(
        { endpointSelector: { matchLabels: { app: 'api' } }, egress: [ports({ port: 'web', protocol: 'TCP' })] },
        'a',
        'egress',
      ),
    ],
    asks: [
      ['b/web', 'a/web', 'TCP/8080', 'allowed'],
      ['b/web', 'a/web', 'TCP/80', 'denied'],
      ['b/web', 'a/web', 'UDP/8080', 'denied'],
      ['a/api', 'b/web', 'TCP/8080', 'allowed'],
      ['a/api', '192.0.2.1', 'TCP/8080', 'denied'],
    ],
  },
  {
    given: 'any protocol with SCTP switched on',
    policies: [onWeb({ ingress: [{ ...ports({ port: '80' }) }] })],
    profile: { sctp: true },
    asks: [
      ['a/api', 'a/web', 'SCTP/80', 'allowed'],
      ['a/api', 'a/web', 'ICMP/80', 'denied'],
    ],
  },
  {
    given: 'SCTP switched off',
    policies: [onWeb({ ingress: [{ ...ports({ port: '80' }, { port: '81', protocol: 'SCTP' }) }] })],
    asks: [
      ['a/api', 'a/web', 'SCTP/80', 'denied'],
      ['a/api', 'a/web', 'SCTP/81', 'denied'],
      ['a/api', 'a/web', 'UDP/80', 'allowed'],
    ],
  },
  {
    given: 'ICMP type 0, which stands for all',
    policies: [onWeb({ ingress: [{ icmps: [{ fields: [{ type: 'EchoReply' }] }] }] })],
    asks: [
      ['a/api', 'a/web', 'ICMP/8', 'allowed'],
      ['a/api', 'a/web', 'ICMPv6/8', 'denied'],
    ],
  },
  {
    given: 'a host policy by a label that hosts do not have',
    policies: [cilium({ nodeSelector: { matchLabels: { 'kubernetes.io/hostname': 'n1' } }, ingress: [{}] })],
    profile: { hostFirewall: true },
    asks: [['192.0.2.1', '10.9.0.1', 'TCP/80', 'allowed']],
  },
  {
    given: 'a clusterwide policy about every endpoint, and the host firewall',
    policies: [cilium({ endpointSelector: {}, ingress: [{}] })],
    profile: { hostFirewall: true },
    asks: [
      ['192.0.2.1', '10.9.0.1', 'TCP/80', 'allowed'],
      ['192.0.2.1', 'a/web', 'TCP/80', 'denied'],
    ],
  },
];
