import { cilium } from '../cilium-scene.ts';
import { apiServer, group, onWeb, ports, web } from './cilium-case.ts';
import type { Case } from './cilium-case.ts';

/** Entities, blocks, CIDR groups and what else is about addresses. */
export const CILIUM_ADDRESS_CASES: readonly Case[] = [
  {
    given: 'the entity none with ports',
    policies: [onWeb({ ingress: [{ fromEntities: ['none'], ...ports({ port: '80' }) }] })],
    asks: [['a/api', 'a/web', 'TCP/80', 'denied']],
  },
  {
    given: 'the entity cluster',
    policies: [onWeb({ ingress: [{ fromEntities: ['cluster'] }] })],
    asks: [
      ['b/web', 'a/web', 'TCP/80', 'allowed'],
      ['10.9.0.2', 'a/web', 'TCP/80', 'allowed'],
      ['192.0.2.1', 'a/web', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'the world of one family',
    policies: [onWeb({ ingress: [{ fromEntities: ['world-ipv6'] }] })],
    asks: [
      ['2001:db8::1', 'a/web', 'TCP/80', 'allowed'],
      ['192.0.2.1', 'a/web', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'every node but the pod’s own',
    policies: [onWeb({ ingress: [{ fromNodes: [{}] }] })],
    profile: { nodeSelectorLabels: true, allowLocalhost: 'policy' },
    asks: [
      ['10.9.0.2', 'a/web', 'TCP/80', 'allowed'],
      ['10.9.0.1', 'a/web', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'every IPv4 address',
    policies: [onWeb({ egress: [{ toCIDR: ['0.0.0.0/0'] }] })],
    asks: [
      ['a/web', '192.0.2.1', 'TCP/80', 'allowed'],
      ['a/web', '2001:db8::1', 'TCP/80', 'denied'],
      ['a/web', 'a/api', 'TCP/80', 'denied'],
      ['a/web', '10.9.0.2', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'an address without a prefix length',
    policies: [onWeb({ egress: [{ toCIDR: ['192.0.2.1'] }] })],
    asks: [
      ['a/web', '192.0.2.1', 'TCP/80', 'allowed'],
      ['a/web', '192.0.2.2', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'nodes matched by address',
    policies: [onWeb({ egress: [{ toCIDR: ['10.0.0.0/8'] }] })],
    profile: { policyCidrMatchMode: ['nodes'] },
    asks: [
      ['a/web', '10.9.0.2', 'TCP/80', 'allowed'],
      ['a/web', 'a/api', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'nodes matched by address, and every address',
    policies: [onWeb({ egress: [{ toCIDR: ['0.0.0.0/0'] }] })],
    profile: { policyCidrMatchMode: ['nodes'] },
    asks: [['a/web', '10.9.0.2', 'TCP/80', 'denied']],
  },
  {
    given: 'pods matched by address',
    policies: [onWeb({ egress: [{ toCIDR: ['10.0.0.0/8'] }] })],
    profile: { policyCidrMatchMode: ['pods'] },
    asks: [
      ['a/web', 'a/api', 'TCP/80', 'allowed'],
      ['a/web', '10.9.0.2', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'an API server outside of the cluster, as entity and as address',
    policies: [
      onWeb({ egress: [{ toEntities: ['kube-apiserver'], ...ports({ port: '443' }) }] }),
      cilium({ endpointSelector: web, egress: [{ toCIDR: ['192.0.2.0/24'], ...ports({ port: '80' }) }] }),
    ],
    more: [apiServer('192.0.2.200')],
    asks: [
      ['a/web', '192.0.2.200', 'TCP/443', 'allowed'],
      ['a/web', '192.0.2.200', 'TCP/80', 'allowed'],
      ['a/web', '192.0.2.1', 'TCP/443', 'denied'],
    ],
  },
  {
    given: 'an API server on a node, as address',
    policies: [onWeb({ egress: [{ toCIDR: ['10.9.0.0/16'] }] })],
    more: [apiServer('10.9.0.2')],
    asks: [['a/web', '10.9.0.2', 'TCP/443', 'denied']],
  },
  {
    given: 'a CIDR group by name, without an exception',
    policies: [onWeb({ egress: [{ toCIDRSet: [{ cidrGroupRef: 'g', except: ['192.0.2.128/25'] }] }] })],
    more: [group('g', {}, ['192.0.2.0/24', '192.0.2.192/26', '198.51.100.0/24'])],
    asks: [
      ['a/web', '192.0.2.1', 'TCP/80', 'allowed'],
      ['a/web', '198.51.100.1', 'TCP/80', 'allowed'],
      ['a/web', '192.0.2.200', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'a CIDR group that is not there',
    policies: [onWeb({ egress: [{ toCIDRSet: [{ cidrGroupRef: 'gone' }] }] })],
    asks: [['a/web', '192.0.2.1', 'TCP/80', 'denied']],
  },
  {
    given: 'CIDR groups by two labels, which two groups have',
    policies: [
      onWeb({ egress: [{ toCIDRSet: [{ cidrGroupSelector: { matchLabels: { env: 'prod', team: 'x' } } }] }] }),
    ],
    more: [group('wide', { team: 'x' }, ['192.0.2.0/24']), group('narrow', { env: 'prod' }, ['192.0.2.0/25'])],
    asks: [
      ['a/web', '192.0.2.1', 'TCP/80', 'allowed'],
      ['a/web', '192.0.2.200', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'CIDR groups by a label that must not be there',
    policies: [
      onWeb({
        egress: [
          { toCIDRSet: [{ cidrGroupSelector: { matchExpressions: [{ key: 'env', operator: 'DoesNotExist' }] } }] },
        ],
      }),
    ],
    more: [group('wide', { env: 'prod' }, ['192.0.2.0/24'])],
    asks: [
      ['a/web', '192.0.2.1', 'TCP/80', 'denied'],
      ['a/web', '8.8.8.8', 'TCP/80', 'allowed'],
      ['a/web', 'a/api', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'an empty selector of CIDR groups',
    policies: [onWeb({ egress: [{ toCIDRSet: [{ cidrGroupSelector: {} }] }] })],
    asks: [['a/web', 'a/api', 'TCP/80', 'allowed']],
  },
  {
    given: 'a security group of a cloud',
    policies: [onWeb({ egress: [{ toGroups: [{ aws: { securityGroupsIds: ['sg-1'] } }] }] })],
    asks: [
      ['a/web', '192.0.2.1', 'TCP/80', 'unknown'],
      ['a/web', 'a/api', 'TCP/80', 'denied'],
    ],
  },
  {
    given: 'a service that is not given, with ports',
    policies: [
      onWeb({ egress: [{ toServices: [{ k8sService: { serviceName: 'gone' } }], ...ports({ port: '80' }) }] }),
    ],
    asks: [
      ['a/web', '192.0.2.1', 'TCP/80', 'unknown'],
      ['a/web', '192.0.2.1', 'TCP/81', 'denied'],
    ],
  },
];
