// The synthetic cluster: namespaces of five workloads with ten pods each, so that ten thousand pods have 200 namespaces.

/** Workloads of a namespace, each with its part in it. */
export const TIERS = ['web', 'api', 'worker', 'cache', 'store'] as const;
export const PODS_PER_WORKLOAD = 10;
const PODS_PER_NODE = 100;

/** How much there is of everything. */
export interface Size {
  readonly pods: number;
  readonly policies: number;
  readonly edges: number;
}

/** One workload. */
export interface Workload {
  readonly index: number;
  readonly namespace: string;
  readonly name: string;
  readonly tier: (typeof TIERS)[number];
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
}

export function namespaceName(index: number): string {
  return `team-${String(index).padStart(4, '0')}`;
}

export function namespaceCount({ pods }: Pick<Size, 'pods'>): number {
  return Math.max(1, Math.round(pods / (PODS_PER_WORKLOAD * TIERS.length)));
}

export function workloads(size: Pick<Size, 'pods'>): readonly Workload[] {
  return Array.from({ length: namespaceCount(size) }, (_, namespace) =>
    TIERS.map((tier, at): Workload => ({
      index: namespace * TIERS.length + at,
      namespace: namespaceName(namespace),
      name: tier,
      tier,
      labels: {
        app: tier,
        'app.kubernetes.io/name': tier,
        'app.kubernetes.io/part-of': namespaceName(namespace),
        tier: at < 2 ? 'front' : 'back',
      },
      serviceAccount: tier,
    })),
  ).flat();
}

/** Address of a pod, within 10.0.0.0/8. */
export function podIp(pod: number): string {
  return `10.${(pod >>> 16) & 0xff}.${(pod >>> 8) & 0xff}.${pod & 0xff}`;
}

export function nodeName(pod: number): string {
  return `node-${Math.floor(pod / PODS_PER_NODE)}`;
}

export function nodeCount({ pods }: Pick<Size, 'pods'>): number {
  return Math.max(1, Math.ceil(pods / PODS_PER_NODE));
}
