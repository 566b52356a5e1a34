import type { ObjectRef } from './object-ref.ts';
import type { CidrGroup, Policy } from './policy.ts';
import type { Problem } from './problem.ts';
import type { Labels } from './selector.ts';

/** Transport protocols that policies tell apart. For ICMP the "port" is the message type, 0 to 255. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP' | 'ICMP' | 'ICMPv6';

/** Everything the engine knows of a cluster: a snapshot, never changed. */
export interface Cluster {
  /** By name, with those that are only implied by an object in them. */
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly nodes: readonly Node[];
  /** Running pods, and one {@link Pod.template} pod for each workload whose pods are not given. */
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  /** Policies of every family, in a stable order. */
  readonly policies: readonly Policy[];
  readonly cidrGroups: readonly CidrGroup[];
  /** What was found out about who enforces policies here; see the profile's detection. */
  readonly signs: DataPlaneSigns;
  /** Everything wrong with, or not understood of, the input. */
  readonly problems: readonly Problem[];
}

/** A namespace. Its labels always have `kubernetes.io/metadata.name`. */
export interface Namespace {
  readonly name: string;
  readonly labels: Labels;
  /** Istio reads a few annotations here; Cilium's are kept too. */
  readonly annotations: Labels;
  /** No object of it was given: its other labels are not known to be absent, but are taken as absent. */
  readonly implied: boolean;
}

/** A node. */
export interface Node {
  readonly name: string;
  readonly labels: Labels;
  /** Internal and external addresses, in canonical text form. */
  readonly addresses: readonly string[];
  readonly podCidrs: readonly string[];
}

/** A declared container port that has a name. */
export interface NamedPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: Protocol;
}

/** A pod, or what stands for the pods of a workload. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** In canonical text form, at most one a family; empty when not known (never for a running pod of a live cluster). */
  readonly ips: readonly string[];
  /** Node's name; empty when not known. */
  readonly node: string;
  readonly hostNetwork: boolean;
  /** `default` where the spec names none. */
  readonly serviceAccount: string;
  readonly namedPorts: readonly NamedPort[];
  /** Topmost owner as far as the input names it; the pod itself (kind Pod) without one. */
  readonly workload: ObjectRef;
  /** True when it was made from a workload's pod template because no pod of the workload is given. */
  readonly template: boolean;
  /** Who enforces authorization for it, as far as its own labels, annotations and containers tell. */
  readonly meshDataPlane: 'sidecar' | 'ztunnel' | 'none' | undefined;
}

/** A port of a service. `target` is a number or the name of a container's port. */
export interface ServicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly target: number | string;
  readonly nodePort?: number;
  readonly appProtocol?: string;
}

/** A service. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** ClusterIP, NodePort, LoadBalancer or ExternalName. */
  readonly type: string;
  /** Empty for headless services. */
  readonly clusterIps: readonly string[];
  /** spec.externalIPs and the load balancer's. */
  readonly externalIps: readonly string[];
  /** `Local`: whoever comes in from outside keeps its address. */
  readonly externalTrafficPolicy?: 'Local';
  /** Undefined for services without selector: their endpoints are given by hand. */
  readonly selector: ReadonlyMap<string, string> | undefined;
  readonly ports: readonly ServicePort[];
}

/** Addresses behind a service. */
export interface EndpointSlice {
  readonly namespace: string;
  readonly name: string;
  /** Name of the service in the same namespace; empty when the slice names none. */
  readonly service: string;
  readonly addresses: readonly string[];
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: Protocol }[];
}

/** Signs of data planes in the input. `undefined` means: nothing was seen that tells. */
export interface DataPlaneSigns {
  /** Keys of the `cilium-config` ConfigMap, where one is given. */
  readonly ciliumConfig: ReadonlyMap<string, string> | undefined;
  /** A Cilium agent, Cilium policies or Cilium custom resources are there; `what` names them, `agent`: it's the agent. */
  readonly cilium: { readonly what: string; readonly agent?: true } | undefined;
  /** Another network plugin's agent is there, for example calico-node. */
  readonly otherPlugin: { readonly what: string } | undefined;
  /** From the `istio` ConfigMap or IstioOperator values, where one is given. */
  readonly mesh: MeshSigns | undefined;
}

/** Mesh-wide settings that decide over authorization. */
export interface MeshSigns {
  readonly rootNamespace: string | undefined;
  readonly trustDomain: string | undefined;
  readonly trustDomainAliases: readonly string[];
}
