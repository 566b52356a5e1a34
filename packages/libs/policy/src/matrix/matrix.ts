import type { Cause } from '../model/cause.ts';
import type { Problem } from '../model/problem.ts';
import type { NetworkProfile } from '../model/profile.ts';
import type { AllowedPorts } from './ports.ts';

/**
 * All allowed connections between workloads, and between workloads and addresses outside of the cluster. Plain data, the JSON of
 * `kestrelctl policy matrix`. It is about TCP, UDP and SCTP. Pairs with nothing allowed are left out.
 */
export interface Matrix {
  /** Workloads with pods of their own address, by id. */
  readonly peers: readonly MatrixPeer[];
  /** The whole address space outside of the cluster, IPv4 before IPv6, each range as large as no policy cuts it. */
  readonly ranges: readonly string[];
  /** By source, then destination, in the order of `peers` and `ranges`. Never a workload to itself: see `within`. */
  readonly connections: readonly MatrixConnection[];
  /** Workloads with a pod to which no policy denies anything, by direction. */
  readonly unprotected: { readonly ingress: readonly string[]; readonly egress: readonly string[] };
  /** Between different pods of one workload. A pod may always talk to itself. */
  readonly within: readonly { readonly peer: string; readonly allow: AllowedPorts }[];
  /** Connections of which it can't be told whether they are allowed. They are in `connections` as far as they surely are. */
  readonly incomplete: readonly MatrixGap[];
  /** Workloads in their nodes' network: policies for pods are not about them. */
  readonly hostNetwork: readonly string[];
  readonly profile: NetworkProfile;
  readonly problems: readonly Problem[];
}

/** A workload. */
export interface MatrixPeer {
  /** `namespace/name[Kind]` */
  readonly id: string;
  /** Pods that are known; a workload without any stands for those it would have. */
  readonly pods: number;
}

/** One allowed connection. */
export interface MatrixConnection {
  /** Id of a workload, or a range. */
  readonly src: string;
  readonly dst: string;
  readonly allow: AllowedPorts;
  /** On some of the ports requests are judged one by one. */
  readonly requestsJudged?: true;
  /** Pods of a workload differ: not all of them may do all of it. */
  readonly differing?: true;
}

/** A connection that can't be told. */
export interface MatrixGap {
  readonly src: string;
  readonly dst: string;
  /** Ports that may be allowed or not. */
  readonly unknown: AllowedPorts;
  /** With rules and peers by name for the first 2,000 gaps, in general words for those behind. */
  readonly causes: readonly Cause[];
}
