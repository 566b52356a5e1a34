import type { ObjectRef } from '@kestrel/proto/events';
import { namespaceCount, namespaceName, TIERS, type Size } from './shape.ts';

/** A policy object, as far as a record has it. */
export interface PolicyObject {
  readonly ref: Pick<ObjectRef, 'group' | 'version' | 'kind' | 'namespace' | 'name'>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Of ten policies five are NetworkPolicies, two are Cilium's, one is clusterwide, two are AuthorizationPolicies. */
export function policies(size: Size): readonly PolicyObject[] {
  const namespaces = namespaceCount(size);
  return Array.from({ length: size.policies }, (_, index) => {
    const at = index % namespaces;
    const round = Math.floor(index / namespaces);
    const tier = TIERS[(round + at) % TIERS.length] ?? TIERS[0];
    return makers[(index * 7 + round) % makers.length]?.({ index, at, namespaces, tier }) ?? defaultDeny({ at, index });
  });
}

interface Place {
  readonly index: number;
  /** Number of the namespace. */
  readonly at: number;
  readonly namespaces: number;
  readonly tier: (typeof TIERS)[number];
}

const makers: readonly ((place: Place) => PolicyObject)[] = [
  defaultDeny,
  ingressOfTier,
  egressOfTier,
  fromOtherNamespaces,
  toAddresses,
  ciliumRequests,
  ciliumNames,
  clusterwideDeny,
  authorizationAllow,
  authorizationDeny,
];

const app = (name: string): object => ({ matchLabels: { app: name } });
const dns = {
  to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};

function networkPolicy(at: number, name: string, spec: PolicyObject['spec']): PolicyObject {
  const kind = { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' };
  return { ref: { ...kind, namespace: namespaceName(at), name }, spec };
}

function defaultDeny({ at, index }: Pick<Place, 'at' | 'index'>): PolicyObject {
  const spec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], egress: [dns] };
  return networkPolicy(at, `default-deny-${index}`, spec);
}

function ingressOfTier({ at, index, tier }: Place): PolicyObject {
  return networkPolicy(at, `ingress-${index}`, {
    podSelector: app(tier),
    ingress: [
      { from: [{ podSelector: { matchLabels: { tier: 'front' } } }], ports: [{ port: 'http' }] },
      { from: [{ podSelector: app('worker') }], ports: [{ port: 9000, endPort: 9010 }] },
    ],
  });
}

function egressOfTier({ at, index, tier }: Place): PolicyObject {
  return networkPolicy(at, `egress-${index}`, {
    podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: [tier] }] },
    policyTypes: ['Egress'],
    egress: [
      dns,
      { to: [{ podSelector: { matchLabels: { tier: 'back' } } }], ports: [{ port: 8080 }, { port: 5432 }] },
    ],
  });
}

function fromOtherNamespaces({ at, index, namespaces, tier }: Place): PolicyObject {
  const others = [1, 7, 19].map((step) => namespaceName((at + step) % namespaces));
  const selector = { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: others }] };
  return networkPolicy(at, `others-${index}`, {
    podSelector: app(tier),
    ingress: [{ from: [{ namespaceSelector: selector, podSelector: app('web') }], ports: [{ port: 8080 }] }],
  });
}

function toAddresses({ at, index, tier }: Place): PolicyObject {
  const cidr = `198.18.${index % 256}.0/24`;
  return networkPolicy(at, `addresses-${index}`, {
    podSelector: app(tier),
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr, except: [`198.18.${index % 256}.128/25`] } }], ports: [{ port: 443 }] }],
  });
}

function cilium(kind: string, namespace: string, name: string, spec: PolicyObject['spec']): PolicyObject {
  return { ref: { group: 'cilium.io', version: 'v2', kind, namespace, name }, spec };
}

function ciliumRequests({ at, index, tier }: Place): PolicyObject {
  return cilium('CiliumNetworkPolicy', namespaceName(at), `requests-${index}`, {
    endpointSelector: app(tier),
    ingress: [
      {
        fromEndpoints: [app('web')],
        toPorts: [
          {
            ports: [{ port: '8080', protocol: 'TCP' }],
            rules: {
              http: [
                { method: 'GET', path: '/api/.*' },
                { method: 'POST', path: `/api/v${index % 4}/items` },
              ],
            },
          },
        ],
      },
    ],
  });
}

function ciliumNames({ at, index, tier }: Place): PolicyObject {
  return cilium('CiliumNetworkPolicy', namespaceName(at), `names-${index}`, {
    endpointSelector: app(tier),
    egress: [
      {
        toFQDNs: [{ matchName: `api-${index % 50}.example.com` }, { matchPattern: '*.storage.example.com' }],
        toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }],
      },
      { toEntities: ['kube-apiserver'] },
    ],
  });
}

function clusterwideDeny({ at, index }: Place): PolicyObject {
  return cilium('CiliumClusterwideNetworkPolicy', '', `deny-${index}`, {
    endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': namespaceName(at), app: 'store' } },
    enableDefaultDeny: { ingress: false, egress: false },
    ingressDeny: [{ fromEntities: ['world'] }, { fromEndpoints: [{ matchLabels: { app: 'worker', tier: 'front' } }] }],
  });
}

function authorization(at: number, name: string, spec: PolicyObject['spec']): PolicyObject {
  const kind = { group: 'security.istio.io', version: 'v1', kind: 'AuthorizationPolicy' };
  return { ref: { ...kind, namespace: namespaceName(at), name }, spec };
}

function authorizationAllow({ at, index, tier }: Place): PolicyObject {
  const principals = [`cluster.local/ns/${namespaceName(at)}/sa/web`, `cluster.local/ns/${namespaceName(at)}/sa/api`];
  return authorization(at, `allow-${index}`, {
    selector: { matchLabels: { app: tier } },
    action: 'ALLOW',
    rules: [
      { from: [{ source: { principals } }], to: [{ operation: { methods: ['GET', 'POST'], paths: ['/api/*'] } }] },
      {
        from: [{ source: { namespaces: ['kube-system', namespaceName(at)] } }],
        to: [{ operation: { ports: ['9000'] } }],
      },
    ],
  });
}

function authorizationDeny({ at, index, tier }: Place): PolicyObject {
  return authorization(at, `deny-${index}`, {
    selector: { matchLabels: { app: tier } },
    action: 'DENY',
    rules: [
      { from: [{ source: { notNamespaces: [namespaceName(at)] } }], to: [{ operation: { paths: ['/admin/*'] } }] },
    ],
  });
}
