import type { AuthorizationProfile } from '../model/profile.ts';
import type { Address } from '../address/address.ts';
import { attachesToProxy, attachesToWaypoint, attachesToZtunnel } from './attachment.ts';
import type { Attachment, Target } from './attachment.ts';
import type { ClusterIndex } from './cluster-index.ts';
import type { CompiledRule, Enforcement } from './compiled-policy.ts';
import { sidecarCaptures } from './data-plane.ts';
import type { DataPlane } from './data-plane.ts';
import { byAction } from './decide.ts';
import type { AppliedPolicies } from './decide.ts';
import { portProtocol, targetsOf } from './destination.ts';
import type { KnownDestination } from './destination.ts';
import { modesInForce } from './peer-authentication.ts';
import type { ModeInForce } from './peer-authentication.ts';
import type { PolicySet } from './policy-set.ts';
import type { AuthorizationRequest } from './request.ts';
import { NO, UNKNOWN, YES, both } from './tri.ts';
import type { Tri } from './tri.ts';

/** One way to a port of a destination: who enforces, which policies apply, what connections are like. */
export interface Way {
  /** Tells the ways of a question apart, but for their data planes. */
  readonly name: string;
  readonly dataPlane: DataPlane;
  readonly applied: AppliedPolicies;
  /** Rules of policies that certainly apply, by what enforces them: the only ones that may certainly match. */
  readonly certain: Readonly<Record<Enforcement, readonly CompiledRule[]>>;
  readonly modes: readonly ModeInForce[];
  readonly declared: 'http' | 'tcp' | undefined;
  readonly unseen: boolean;
  /** Whatever is asked, it is allowed: nothing looks at it, or nothing has a say. */
  readonly free: boolean;
  /** Of the destination. */
  readonly addresses: () => readonly Address[];
}

/** Without HTTP in the request it is plain TCP, unless the port is declared as HTTP: then the request is just not known. */
export function chainOf({ dataPlane, declared }: Way, request: AuthorizationRequest): Enforcement {
  if (dataPlane === 'ztunnel') return 'ztunnel';
  return declared ?? (request.http === undefined ? 'tcp' : 'http');
}

/** Finds the ways to ports of destinations, with one policy set. */
export class Ways {
  readonly #index: ClusterIndex;
  readonly #profile: AuthorizationProfile;
  readonly #set: PolicySet;
  /** Policies that a data plane of its own gives a destination, whatever the port. */
  readonly #applied = new WeakMap<KnownDestination, Map<DataPlane, Enforced>>();

  constructor(index: ClusterIndex, profile: AuthorizationProfile, set: PolicySet) {
    this.#index = index;
    this.#profile = profile;
    this.#set = set;
  }

  /** Ways to a port of whatever kind of pods the destination may be. */
  to(destinations: readonly KnownDestination[], port: number): readonly Way[] {
    return destinations.flatMap((destination, kind) =>
      destination.dataPlanes.flatMap((dataPlane) => this.#through(dataPlane, { destination, port, kind })),
    );
  }

  #through(dataPlane: DataPlane, { destination, port, kind }: Place): readonly Way[] {
    const { rootNamespace } = this.#profile;
    const { namespace, pods, addresses } = destination;
    const { peers: peersOf, gatewaysNamed } = this.#set;
    const inRoot = peersOf.get(rootNamespace) ?? [];
    const peers = namespace === rootNamespace ? inRoot : [...inRoot, ...(peersOf.get(namespace) ?? [])];
    const declared = portProtocol(destination, port);
    const uncaptured = dataPlane === 'sidecar' && pods.length > 0 && pods.every((pod) => !sidecarCaptures(pod, port));
    const targets = targetsOf(destination, dataPlane, port, this.#index, (of) =>
      assumedWaypoint(gatewaysNamed.get(of)),
    );
    return targets.map((target, number) => {
      const { applied, certain } = this.#enforced(destination, dataPlane, target);
      const modes = modesInForce(peers, target, port, { rootNamespace, ztunnel: dataPlane === 'ztunnel' });
      const way = {
        name: `${kind}.${number}`,
        dataPlane,
        applied,
        certain,
        modes,
        declared,
        unseen: dataPlane === 'none' || uncaptured,
        addresses,
      };
      const silent = applied.deny.length + applied.allow.length + applied.custom.length === 0;
      return { ...way, free: way.unseen || (silent && modes.every(({ mode }) => mode !== 'STRICT')) };
    });
  }

  #enforced(destination: KnownDestination, dataPlane: DataPlane, target: Target): Enforced {
    // What a waypoint heeds hangs on the service that the port belongs to.
    if (dataPlane === 'waypoint') return enforced(appliedTo(target, dataPlane, this.#profile, this.#set));
    const known = this.#applied.get(destination) ?? new Map<DataPlane, Enforced>();
    this.#applied.set(destination, known);
    const found = known.get(dataPlane) ?? enforced(appliedTo(target, dataPlane, this.#profile, this.#set));
    known.set(dataPlane, found);
    return found;
  }
}

interface Place {
  readonly destination: KnownDestination;
  readonly port: number;
  /** Which of several kinds of pods. */
  readonly kind: number;
}

type Enforced = Pick<Way, 'applied' | 'certain'>;

function enforced(applied: AppliedPolicies): Enforced {
  const all = [applied.custom, applied.deny, applied.allow, applied.audit, applied.dryRun].flat();
  const sure = all.filter(({ attached }) => attached === YES);
  const rules = (chain: Enforcement): readonly CompiledRule[] => sure.flatMap(({ compiled }) => compiled.rules[chain]);
  return { applied, certain: { http: rules('http'), tcp: rules('tcp'), ztunnel: rules('ztunnel') } };
}

function appliedTo(
  target: Target,
  dataPlane: DataPlane,
  { rootNamespace }: AuthorizationProfile,
  set: PolicySet,
): AppliedPolicies {
  const { namespace, waypoint, service } = target;
  const namespaces = new Set([
    rootNamespace,
    namespace,
    waypoint?.namespace ?? namespace,
    service?.namespace ?? namespace,
  ]);
  const policies = [...namespaces].flatMap((each) => set.authorizations.get(each) ?? []);
  return byAction(
    policies.flatMap((compiled) => {
      if (dataPlane === 'ztunnel' && compiled.action !== 'ALLOW' && compiled.action !== 'DENY') return [];
      const attaches = attachesOn[dataPlane](compiled.attachment, target, rootNamespace);
      const attached = compiled.unsupported === undefined ? attaches : both(attaches, UNKNOWN);
      return attached === NO ? [] : [{ compiled, attached }];
    }),
  );
}

const attachesOn: Readonly<Record<DataPlane, (policy: Attachment, target: Target, rootNamespace: string) => Tri>> = {
  sidecar: attachesToProxy,
  waypoint: attachesToWaypoint,
  ztunnel: attachesToZtunnel,
  none: () => NO,
};

/** Without labels that name it: the only gateway that policies name there, or `waypoint`, as istioctl calls it. */
function assumedWaypoint(named: ReadonlySet<string> | undefined): string | undefined {
  const [only, ...others] = named ?? [];
  if (others.length === 0) return only;
  return named?.has('waypoint') === true ? 'waypoint' : undefined;
}
