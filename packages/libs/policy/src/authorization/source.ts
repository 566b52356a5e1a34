import { parseAddress } from '../address/address.ts';
import type { Address } from '../address/address.ts';
import type { Pod } from '../model/cluster.ts';
import type { AuthorizationProfile } from '../model/profile.ts';
import type { ClusterIndex } from './cluster-index.ts';
import { podDataPlane } from './data-plane.ts';
import type { DataPlane } from './data-plane.ts';
import type { Principal } from './facts.ts';
import type { MtlsMode } from './peer-authentication.ts';
import type { AuthorizationSource } from './request.ts';

/** What is known of a source before it is known how the destination takes connections. */
export interface KnownSource {
  /** The identity that the request names, which settles it. */
  readonly given: Principal | undefined;
  /** Identities that it has if it uses its certificate; several where its pods differ. */
  readonly identities: readonly Principal[];
  /** Whether it uses its certificate at all: it is in the mesh, it is not, or nothing tells. */
  readonly inMesh: boolean | undefined;
  /** Its data plane, as far as its own state tells. */
  readonly dataPlane: DataPlane | undefined;
  /** All that are possible; none: not known. */
  readonly addresses: () => readonly Address[];
}

const unknownIdentity: Principal = { prefix: '', whole: false };

/** Looks up what the state tells of a source: its pod, the pods of its labels, its service account. */
export function knownSource(
  source: AuthorizationSource,
  index: ClusterIndex,
  profile: AuthorizationProfile,
): KnownSource {
  const pods = podsOf(source, index);
  const namespace = source.namespace ?? pods[0]?.namespace;
  const of = namespace === undefined ? undefined : index.cluster.namespaces.get(namespace);
  const planes = new Set(pods.map((pod) => podDataPlane(pod, of)));
  const named = source.pod !== undefined || source.serviceAccount !== undefined || source.labels !== undefined;
  if (pods.length === 0 && named) planes.add(podDataPlane(undefined, of));
  const [dataPlane, ...others] = planes;
  const single = others.length === 0 ? dataPlane : undefined;
  const givenPlane = profile.dataPlane !== 'by-pod' && profile.dataPlane !== 'none' && namespace !== undefined;
  return {
    given: source.principal === undefined ? undefined : principal(source.principal),
    identities: identitiesOf(source, pods, namespace, profile.trustDomain),
    inMesh: single === undefined ? (givenPlane ? true : undefined) : single !== 'none',
    dataPlane: single,
    addresses: addressesOnce(() => (source.ip === undefined ? pods.flatMap(({ ips }) => ips) : [source.ip])),
  };
}

/** Identities that a source may show to a destination with this mode. */
export function principalsFor(source: KnownSource, mode: MtlsMode, dataPlane: DataPlane): readonly Principal[] {
  // A proxy that takes no certificates sees none; ztunnel and waypoints know no such mode.
  const mutual = dataPlane === 'ztunnel' || dataPlane === 'waypoint';
  if (mode === 'DISABLE' && !mutual) return ['none'];
  if (source.given !== undefined) return [source.given];
  if (source.inMesh === false) return ['none'];
  const always =
    dataPlane === 'waypoint' || (dataPlane === 'ztunnel' && source.dataPlane === 'ztunnel') || mode === 'STRICT';
  return source.inMesh === true && always ? source.identities : [...source.identities, 'none'];
}

/** Addresses of texts; what is no address is left out. */
export function addressesOf(texts: readonly string[]): readonly Address[] {
  return texts.map((text) => parseAddress(text)).filter((address): address is Address => address !== undefined);
}

/** As {@link addressesOf}, read when first asked for, and only then. */
export function addressesOnce(texts: () => readonly string[]): () => readonly Address[] {
  let found: readonly Address[] | undefined;
  return () => (found ??= addressesOf(texts()));
}

function principal(text: string): Principal {
  const name = text.startsWith('spiffe://') ? text.slice('spiffe://'.length) : text;
  return name === '' ? 'none' : { prefix: name, whole: true };
}

function podsOf({ namespace, pod, ip, labels }: AuthorizationSource, index: ClusterIndex): readonly Pod[] {
  if (namespace !== undefined && pod !== undefined) {
    const found = index.pod(namespace, pod);
    if (found !== undefined) return [found];
  }
  if (namespace !== undefined && labels !== undefined && labels.size > 0) {
    return index.podsWith(namespace, labels);
  }
  const found = ip === undefined ? undefined : index.podByAddress(ip);
  return found === undefined ? [] : [found];
}

function identitiesOf(
  { serviceAccount }: AuthorizationSource,
  pods: readonly Pod[],
  namespace: string | undefined,
  trustDomain: string,
): readonly Principal[] {
  if (namespace === undefined) return [unknownIdentity];
  const prefix = `${trustDomain}/ns/${namespace}/sa/`;
  if (serviceAccount !== undefined) return [{ prefix: prefix + serviceAccount, whole: true }];
  const accounts = [...new Set(pods.map((pod) => pod.serviceAccount))];
  if (accounts.length === 0) return [{ prefix, whole: false }];
  return accounts.map((account) => ({ prefix: prefix + account, whole: true }));
}
