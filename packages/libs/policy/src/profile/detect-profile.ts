import type { Cluster, DataPlaneSigns } from '../model/cluster.ts';
import { AUTHORIZATION_DEFAULTS } from '../model/profile.ts';
import type {
  AuthorizationDataPlane,
  AuthorizationProfile,
  CiliumProfile,
  NetworkProfile,
  Profile,
} from '../model/profile.ts';
import { ciliumProfileOf } from '../parse/signs/cilium-config.ts';

/** What the asker knows of the cluster. It wins over every sign. */
export interface GivenProfile {
  /** Some of Cilium's options mean Cilium, with what its configuration in the cluster and its defaults say of the rest. */
  readonly network?: 'generic' | 'cilium' | Partial<CiliumProfile>;
  readonly dataPlane?: AuthorizationDataPlane;
  readonly rootNamespace?: string;
  readonly trustDomain?: string;
  readonly trustDomainAliases?: readonly string[];
}

/** Finds out who enforces policies in a cluster, from what is given and from the signs in its objects. */
export function detectProfile({ signs }: Pick<Cluster, 'signs'>, given: GivenProfile = {}): Profile {
  const network = networkProfile(signs, given.network);
  const authorization = authorizationProfile(signs, given);
  return {
    network: network.profile,
    authorization: authorization.profile,
    origin: { network: network.origin, authorization: authorization.origin },
  };
}

function networkProfile(
  signs: DataPlaneSigns,
  given: GivenProfile['network'],
): { profile: NetworkProfile; origin: string } {
  const { ciliumConfig, cilium, otherPlugin } = signs;
  const configured = ciliumProfileOf(ciliumConfig ?? new Map());
  const rest = ciliumConfig === undefined ? "Cilium's defaults" : 'the ConfigMap cilium-config';
  if (given === 'generic') return { profile: { kind: 'generic' }, origin: 'given' };
  if (given === 'cilium') return { profile: configured, origin: `given, with ${rest}` };
  if (given !== undefined)
    return { profile: { ...configured, ...given, kind: 'cilium' }, origin: `given, with ${rest}` };
  if (ciliumConfig !== undefined) return { profile: configured, origin: 'detected by the ConfigMap cilium-config' };
  if (cilium?.agent === true) return { profile: configured, origin: `detected by ${cilium.what}, with ${rest}` };
  if (cilium !== undefined && otherPlugin !== undefined) {
    const origin = `unknown: ${cilium.what} is a sign of Cilium, ${otherPlugin.what} of another network plugin`;
    return { profile: { kind: 'unknown' }, origin };
  }
  if (cilium !== undefined) return { profile: configured, origin: `detected by ${cilium.what}, with ${rest}` };
  if (otherPlugin !== undefined) return { profile: { kind: 'generic' }, origin: `detected by ${otherPlugin.what}` };
  return { profile: { kind: 'unknown' }, origin: 'unknown: no sign of a network plugin in the input' };
}

function authorizationProfile(
  { mesh }: DataPlaneSigns,
  given: GivenProfile,
): { profile: AuthorizationProfile; origin: string } {
  const origins: string[] = [];
  const pick = <T>(name: string, ofGiven: T | undefined, ofMesh: T | undefined, otherwise: T): T => {
    if (ofGiven !== undefined) {
      origins.push(`${name} given`);
      return ofGiven;
    }
    if (ofMesh === undefined) return otherwise;
    origins.push(`${name} from Istio's mesh configuration`);
    return ofMesh;
  };
  const aliases = mesh === undefined || mesh.trustDomainAliases.length === 0 ? undefined : mesh.trustDomainAliases;
  const { dataPlane, rootNamespace, trustDomain, trustDomainAliases } = AUTHORIZATION_DEFAULTS;
  const profile: AuthorizationProfile = {
    dataPlane: pick('data plane', given.dataPlane, undefined, dataPlane),
    rootNamespace: pick('root namespace', given.rootNamespace, mesh?.rootNamespace, rootNamespace),
    trustDomain: pick('trust domain', given.trustDomain, mesh?.trustDomain, trustDomain),
    trustDomainAliases: pick('trust domain aliases', given.trustDomainAliases, aliases, trustDomainAliases),
  };
  return {
    profile,
    origin: origins.length === 0 ? "Istio's defaults" : `${origins.join(', ')}; else Istio's defaults`,
  };
}
