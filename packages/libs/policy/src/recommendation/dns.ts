import type { Protocol } from '../model/cluster.ts';
import type { Sighting } from './sighting.ts';
import type { Workload } from './workload-catalogue.ts';

/** Port of DNS. */
export const dnsPort = 53;

/** Transports of DNS: answers too long for UDP are asked for again over TCP (RFC 7766). */
export const dnsTransports: readonly Protocol[] = ['UDP', 'TCP'];

/** Labels that the cluster's DNS carries: kube-dns and CoreDNS as Kubernetes and its installers deploy them, OpenShift's. */
const dnsLabels: readonly (readonly [key: string, values: readonly string[]])[] = [
  ['k8s-app', ['kube-dns', 'coredns', 'node-local-dns']],
  ['app.kubernetes.io/name', ['coredns', 'kube-dns', 'node-local-dns']],
  ['dns.operator.openshift.io/daemonset-dns', ['default']],
];

/** Whether a workload is the cluster's DNS. */
export function isDnsWorkload({ pods }: Workload): boolean {
  return pods.some(({ labels }) => dnsLabels.some(([key, values]) => values.includes(labels.get(key) ?? '')));
}

/** Whether it was a question to a DNS server. */
export function isDns({ protocol, port, destination }: Sighting): boolean {
  if (port !== dnsPort || (protocol !== 'UDP' && protocol !== 'TCP')) return false;
  return destination.kind !== 'pods' || isDnsWorkload(destination.workload);
}
