import type { Policy } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import type { AuthorizationProfile } from '../model/profile.ts';
import { compilePolicy } from './compiled-policy.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { compilePeerAuthentication } from './peer-authentication.ts';
import type { CompiledPeerAuthentication } from './peer-authentication.ts';
import { compileRequestAuthentication } from './request-authentication.ts';
import type { CompiledRequestAuthentication } from './request-authentication.ts';
import type { TrustDomains } from './trust-domain.ts';

/** What one policy object was compiled to. */
export interface CompiledObject {
  readonly authorization?: CompiledPolicy | undefined;
  readonly peer?: CompiledPeerAuthentication | undefined;
  readonly request?: CompiledRequestAuthentication | undefined;
  readonly problems: readonly Problem[];
}

/** Compiled objects by the policy they were made of, to be used again. */
export type CompiledOnce = ReadonlyMap<Policy, CompiledObject>;

/** All Istio policies of a cluster. */
export interface PolicySet {
  readonly compiled: CompiledOnce;
  readonly authorizations: ReadonlyMap<string, readonly CompiledPolicy[]>;
  readonly peers: ReadonlyMap<string, readonly CompiledPeerAuthentication[]>;
  readonly requests: readonly CompiledRequestAuthentication[];
  readonly problems: readonly Problem[];
  /** Gateways that policies of a namespace name as targets. */
  readonly gatewaysNamed: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Compiles the policies that are not yet among `once`. */
export function compileAll(policies: readonly Policy[], profile: AuthorizationProfile, once: CompiledOnce): PolicySet {
  const compiled = new Map<Policy, CompiledObject>();
  const authorizations = new Map<string, CompiledPolicy[]>();
  const peers = new Map<string, CompiledPeerAuthentication[]>();
  const requests: CompiledRequestAuthentication[] = [];
  const problems: Problem[] = [];
  const gatewaysNamed = new Map<string, Set<string>>();
  for (const policy of policies) {
    const object = once.get(policy) ?? compileObject(policy, [profile.trustDomain, ...profile.trustDomainAliases]);
    if (object === undefined) continue;
    compiled.set(policy, object);
    problems.push(...object.problems, ...unenforceable(object.authorization, profile));
    const { namespace } = policy.ref;
    if (object.authorization !== undefined) {
      listOf(authorizations, namespace).push(object.authorization);
      for (const { kind, name } of object.authorization.attachment.targets) {
        if (kind !== 'Gateway') continue;
        gatewaysNamed.set(namespace, (gatewaysNamed.get(namespace) ?? new Set()).add(name));
      }
    }
    if (object.peer !== undefined) listOf(peers, namespace).push(object.peer);
    if (object.request !== undefined) requests.push(object.request);
  }
  return { compiled, authorizations, peers, requests, problems, gatewaysNamed };
}

function compileObject(policy: Policy, trustDomains: TrustDomains): CompiledObject | undefined {
  switch (policy.ref.kind) {
    case 'AuthorizationPolicy': {
      const { compiled, problems } = compilePolicy(policy, trustDomains);
      return { authorization: compiled, problems };
    }
    case 'PeerAuthentication': {
      const { compiled, problems } = compilePeerAuthentication(policy);
      return { peer: compiled, problems };
    }
    case 'RequestAuthentication': {
      const { compiled, problems } = compileRequestAuthentication(policy);
      return { request: compiled, problems };
    }
    default:
      return undefined;
  }
}

/** What the data plane of the profile can't do. */
function unenforceable(compiled: CompiledPolicy | undefined, { dataPlane }: AuthorizationProfile): Problem[] {
  if (compiled === undefined || dataPlane !== 'ztunnel' || compiled.attachment.targets.length > 0) return [];
  const { policy, action } = compiled;
  if (action !== 'CUSTOM' && action !== 'AUDIT') return [];
  const message = `ztunnel does not support the action ${action}: the policy has no effect there`;
  return [
    {
      severity: 'warning',
      code: 'ineffective',
      object: policy.ref,
      source: policy.source,
      path: 'spec.action',
      message,
    },
  ];
}

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
  const found = lists.get(key);
  if (found !== undefined) return found;
  const list: T[] = [];
  lists.set(key, list);
  return list;
}
