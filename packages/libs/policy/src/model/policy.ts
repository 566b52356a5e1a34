import type { ObjectRef } from './object-ref.ts';
import type { Problem } from './problem.ts';
import type { Labels } from './selector.ts';

/** Kinds of policies the engine evaluates. Others that a cluster serves are reported as `unsupported`. */
export const POLICY_KINDS = [
  'NetworkPolicy',
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'ClusterNetworkPolicy',
  'CiliumNetworkPolicy',
  'CiliumClusterwideNetworkPolicy',
  'AuthorizationPolicy',
  'PeerAuthentication',
  'RequestAuthentication',
] as const;

/** One of {@link POLICY_KINDS}. */
export type PolicyKind = (typeof POLICY_KINDS)[number];

/**
 * A policy as it was given, known to be an object with a name and a kind of {@link POLICY_KINDS}. What stands in `spec` is
 * read by the policy's family (readNetworkPolicy, readCiliumPolicy, …) once, when policies are compiled.
 */
export interface Policy {
  readonly ref: ObjectRef & { readonly kind: PolicyKind };
  readonly apiVersion: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** The rules; for Cilium's list form each element of `specs`, after `spec` if both are given. */
  readonly specs: readonly PolicySpecBody[];
  /** Where it came from, for messages. */
  readonly source: string;
}

/** One rule body of a policy, with the path at which it stands. */
export interface PolicySpecBody {
  /** `spec` or `specs[2]`. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A CiliumCIDRGroup. */
export interface CidrGroup {
  readonly name: string;
  readonly labels: Labels;
  readonly cidrs: readonly string[];
}

/** What reading a policy's bodies gave: the usable part, and everything that is wrong with or unknown of the rest. */
export interface ReadResult<T> {
  readonly value: T | undefined;
  readonly problems: readonly Problem[];
}
