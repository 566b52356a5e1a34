import type { Pod } from '../model/cluster.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import { refText } from '../model/object-ref.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction } from '../network/rule.ts';
import type { ExpressionContext } from './expression.ts';
import { manifestPolicy, manifestRef } from './manifest.ts';
import { deniedByDefault, isWritten, leaveOpen, write } from './plan.ts';
import type { Plan, Written } from './plan.ts';
import type { Guarantees } from './recommendation.ts';
import { carries } from './selector-choice.ts';
import { connectionText } from './sighting.ts';
import type { Sighting } from './sighting.ts';
import { fallBack } from './target.ts';
import type { Target } from './target.ts';
import { verify } from './verification.ts';
import type { Break, Claim, Verification } from './verification.ts';

/** So often policies are made and checked; what still breaks a guarantee then is withheld all at once. */
const roundsMax = 12;

const directions = ['ingress', 'egress'] as const;

/** What is left of a plan after its check. */
export interface CheckedPlan {
  readonly written: readonly Written[];
  readonly verification: Verification;
  readonly after: NetworkEngine;
  /** Denied connections because of which something is withheld. */
  readonly deniedButNeeded: ReadonlySet<Sighting>;
  readonly withheld: Readonly<Record<keyof Guarantees, number>>;
}

/** Makes the policies of a plan and checks them, until nothing breaks a guarantee. */
export function checkPlan(
  plan: Plan,
  { before, sightings, context }: { before: NetworkEngine; sightings: readonly Sighting[]; context: ExpressionContext },
): CheckedPlan {
  const deniedButNeeded = new Set<Sighting>();
  const withheld = { allowedStays: 0, withinObserved: 0, deniedStays: 0 };
  for (let round = 1; ; round += 1) {
    const written = write(plan);
    const after = before.with([
      ...context.cluster.policies,
      ...written.map(({ manifest }) => manifestPolicy(manifest)),
    ]);
    const refs = new Set(written.map(({ manifest }) => refText(manifestRef(manifest))));
    const isRecommended = (policy: ObjectRef): boolean => refs.has(refText(policy));
    const targets = new TargetsOfPeers(plan, after);
    const verification = verify({ after, isRecommended, sightings, claims: written.flatMap(claimsOf) });
    if (verification.breaks.length === 0) return { written, verification, after, deniedButNeeded, withheld };
    for (const broken of verification.breaks) {
      if (broken.guarantee === 'deniedStays' && broken.sighting !== undefined) deniedButNeeded.add(broken.sighting);
    }
    // Withholding more each time must end; if it does not, giving nothing is all that is left.
    if (round > 2 * roundsMax) throw new Error('what is recommended still breaks a guarantee after all was withheld');
    for (const { guarantee, target } of repair(plan, verification.breaks, targets, context, round >= roundsMax)) {
      if (target.level === 'withheld') withheld[guarantee] += 1;
    }
  }
}

/** Makes every target that is concerned fall back once, and opens default denies that break something by themselves. */
function repair(
  plan: Plan,
  breaks: readonly Break[],
  targets: TargetsOfPeers,
  context: ExpressionContext,
  last: boolean,
): readonly { readonly guarantee: keyof Guarantees; readonly target: Target }[] {
  const repaired = new Map<Target, keyof Guarantees>();
  const denied = new Map(plan.namespaces.map((namespace) => [namespace, deniedByDefault(plan, namespace)]));
  for (const { direction, subject, guarantee, explanation, sighting } of breaks) {
    const reason = sighting === undefined ? explanation : `${sentence(sighting)}: ${explanation}`;
    const concerned = targets
      .of(direction, subject)
      .filter((target) => isWritten(plan, target) || repaired.has(target));
    for (const target of concerned) {
      if (repaired.has(target)) {
        if (target.level === 'withheld') target.reasons.add(reason);
        continue;
      }
      repaired.set(target, guarantee);
      if (last) target.level = 'plain';
      fallBack(plan.form, target, reason, context);
    }
    if (concerned.length > 0) continue;
    const namespace = targets.namespaceOf(subject) ?? '';
    if (denied.get(namespace)?.includes(direction) === true) leaveOpen(plan.leftOpen, namespace, direction, reason);
    else withholdAll(plan, reason);
  }
  return [...repaired].map(([target, guarantee]) => ({ target, guarantee }));
}

/** The last resort: what breaks a guarantee can't be told from the rest. */
function withholdAll({ targets }: Plan, reason: string): void {
  for (const target of targets) {
    target.level = 'withheld';
    target.reasons.add(reason);
  }
}

/** The connection of a sighting in one line. */
export function sentence(sighting: Sighting): string {
  const { source, destination, protocol, port, request } = connectionText(sighting);
  return `${source} → ${destination} ${protocol}/${port}${request === undefined ? '' : ` ${request}`}`;
}

/** Which targets are about which peers. */
export class TargetsOfPeers {
  readonly #engine: NetworkEngine;
  readonly #byNamespace: ReadonlyMap<string, readonly Target[]>;
  readonly #known = new Map<PeerIndex, readonly Target[]>();

  constructor(plan: Pick<Plan, 'targets'>, engine: NetworkEngine) {
    this.#engine = engine;
    this.#byNamespace = Map.groupBy(plan.targets, ({ unit }) => unit.namespace);
  }

  of(direction: Direction, subject: PeerIndex): readonly Target[] {
    let targets = this.#known.get(subject);
    if (targets === undefined) {
      targets = this.#find(subject);
      this.#known.set(subject, targets);
    }
    return targets.filter((target) => target.direction === direction);
  }

  namespaceOf(subject: PeerIndex): string | undefined {
    return this.#identityOf(subject)?.namespace;
  }

  #find(subject: PeerIndex): readonly Target[] {
    const pod = this.#identityOf(subject);
    if (pod === undefined) return [];
    return (this.#byNamespace.get(pod.namespace) ?? []).filter(({ unit }) => carries(pod.labels, unit.labels));
  }

  /** Of a pod that is gone, what is in its labels. */
  #identityOf(subject: PeerIndex): Pick<Pod, 'namespace' | 'labels'> | undefined {
    const [pod] = this.#engine.podsOf(subject);
    if (pod !== undefined) return pod;
    const labels = this.#engine.peers[subject]?.labels;
    const namespace = labels?.get('namespace');
    if (labels === undefined || namespace === undefined) return undefined;
    const own = [...labels].flatMap(([key, value]) =>
      key.startsWith('pod:') ? [[key.slice('pod:'.length), value] as const] : [],
    );
    return { namespace, labels: new Map(own) };
  }
}

/** What a written policy may do: of a default deny nothing, about anybody in its namespace. */
function claimsOf({ manifest, targets }: Written): readonly Claim[] {
  const policy = manifestRef(manifest);
  if (targets.length === 0) {
    const isSubject = ({ namespace }: Pod): boolean => namespace === policy.namespace;
    return directions.map((direction) => ({ policy, direction, allowances: [], isSubject }));
  }
  return targets.map(({ unit, direction, needs }) => ({
    policy,
    direction,
    allowances: needs.allowances,
    isSubject: ({ namespace, labels }) => namespace === unit.namespace && carries(labels, unit.labels),
  }));
}

/** Whether a default deny of the plan isolates a direction of a namespace. */
export function isDeniedByDefault(plan: Plan, namespace: string, direction: Direction): boolean {
  return deniedByDefault(plan, namespace).includes(direction);
}
