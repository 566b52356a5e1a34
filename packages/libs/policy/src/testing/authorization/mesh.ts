import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { compileAuthorization } from '../../authorization/compile-authorization.ts';
import type { AuthorizationEngine, AuthorizationRequest } from '../../authorization/request.ts';
import type { Cluster, Namespace, Pod, Service } from '../../model/cluster.ts';
import { POLICY_KINDS } from '../../model/policy.ts';
import type { Policy } from '../../model/policy.ts';
import { AUTHORIZATION_DEFAULTS } from '../../model/profile.ts';
import type { AuthorizationProfile } from '../../model/profile.ts';

/** A pod for tests; what is not given is as plain as can be. */
export function testPod(
  o: Partial<Omit<Pod, 'labels' | 'annotations'>> & {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  } = {},
): Pod {
  const { namespace = 'default', name = 'web', labels = {}, annotations = {}, ...rest } = o;
  return {
    ips: [],
    node: '',
    hostNetwork: false,
    serviceAccount: 'default',
    namedPorts: [],
    workload: { kind: 'Pod', namespace, name },
    template: false,
    meshDataPlane: 'sidecar',
    ...rest,
    namespace,
    name,
    labels: new Map(Object.entries(labels)),
    annotations: new Map(Object.entries(annotations)),
  };
}

/** A service for tests that selects by labels. */
export function testService(o: {
  readonly name: string;
  readonly namespace?: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: Service['ports'];
  readonly labels?: Readonly<Record<string, string>>;
}): Service {
  return {
    namespace: o.namespace ?? 'default',
    name: o.name,
    labels: new Map(Object.entries(o.labels ?? {})),
    annotations: new Map(),
    type: 'ClusterIP',
    clusterIps: [],
    externalIps: [],
    selector: new Map(Object.entries(o.selector)),
    ports: o.ports,
  };
}

const manifest = z.object({
  apiVersion: z.string(),
  kind: z.enum(POLICY_KINDS),
  metadata: z.object({
    name: z.string(),
    namespace: z.string().default('default'),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.record(z.string(), z.unknown()).optional(),
});

/** Policies of YAML documents, as the reader of manifests makes them. */
export function testPolicies(yaml: string): Policy[] {
  return parseAllDocuments(yaml).map((document, index) => {
    const { apiVersion, kind, metadata, spec } = manifest.parse(document.toJS());
    return {
      ref: { kind, namespace: metadata.namespace, name: metadata.name },
      apiVersion,
      labels: new Map(),
      annotations: new Map(Object.entries(metadata.annotations)),
      specs: spec === undefined ? [] : [{ path: 'spec', body: spec }],
      source: `test.yaml#${index + 1}`,
    };
  });
}

/** A cluster for tests. Namespaces are those of its pods, unless given. */
export function testCluster(o: {
  readonly policies?: string | readonly Policy[];
  readonly pods?: readonly Pod[];
  readonly services?: readonly Service[];
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}): Cluster {
  const { pods = [testPod()], services = [], policies = [] } = o;
  const namespaces = new Map<string, Namespace>();
  for (const [name, labels] of Object.entries({
    ...Object.fromEntries(pods.map(({ namespace }) => [namespace, {}])),
    ...o.namespaces,
  })) {
    const all = new Map(Object.entries({ 'kubernetes.io/metadata.name': name, ...labels }));
    namespaces.set(name, { name, labels: all, annotations: new Map(), implied: false });
  }
  return {
    namespaces,
    nodes: [],
    pods,
    services,
    endpointSlices: [],
    policies: typeof policies === 'string' ? testPolicies(policies) : policies,
    cidrGroups: [],
    signs: { ciliumConfig: undefined, cilium: undefined, otherPlugin: undefined, mesh: undefined },
    problems: [],
  };
}

/** An engine over a test cluster. */
export function testEngine(
  o: Parameters<typeof testCluster>[0],
  profile: Partial<AuthorizationProfile> = {},
): AuthorizationEngine {
  return compileAuthorization(testCluster(o), { ...AUTHORIZATION_DEFAULTS, ...profile });
}

/** A request to the pod `default/web` at port 80 from a source that is known to have no identity, unless told otherwise. */
export function testRequest(
  o: Partial<Pick<AuthorizationRequest, 'http' | 'jwt' | 'sni'>> & {
    readonly from?: AuthorizationRequest['source'];
    readonly to?: Partial<AuthorizationRequest['destination']>;
    readonly principal?: string;
    readonly port?: number;
  } = {},
): AuthorizationRequest {
  const { from = { principal: '' }, to = {}, principal, port = 80, ...rest } = o;
  return {
    source: { ...from, ...(principal !== undefined && { principal }) },
    destination: { namespace: 'default', pod: 'web', port, ...to },
    protocol: 'TCP',
    ...rest,
  };
}
