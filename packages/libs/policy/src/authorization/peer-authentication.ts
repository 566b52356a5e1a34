import type { Policy } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import { readSpec } from '../parse/read-spec.ts';
import { readAttachment, selectedBy } from './attachment.ts';
import type { Attachment, Target } from './attachment.ts';
import { peerAuthenticationSchema } from './schema.ts';
import type { PeerAuthenticationSpec } from './schema.ts';
import { NO, YES } from './tri.ts';

/** Whether connections carry an identity: never, maybe, always. */
export type MtlsMode = 'DISABLE' | 'PERMISSIVE' | 'STRICT';

/** A PeerAuthentication ready to be asked. */
export interface CompiledPeerAuthentication {
  readonly policy: Policy;
  readonly attachment: Attachment;
  /** Undefined where it inherits. */
  readonly mode: MtlsMode | undefined;
  readonly ports: ReadonlyMap<number, MtlsMode | undefined>;
}

/** A mode with what set it; `policy` is undefined for the mesh's default. */
export interface ModeInForce {
  readonly mode: MtlsMode;
  readonly policy: Policy | undefined;
  readonly path: string;
}

/** Reads one PeerAuthentication. */
export function compilePeerAuthentication(policy: Policy): {
  readonly compiled: CompiledPeerAuthentication | undefined;
  readonly problems: readonly Problem[];
} {
  const body = policy.specs[0] ?? { path: 'spec', body: {} };
  const { value: spec, problems } = readSpec(peerAuthenticationSchema, body, policy);
  if (spec === undefined) return { compiled: undefined, problems };
  const ports = new Map<number, MtlsMode | undefined>();
  for (const [port, mtls] of Object.entries(spec.portLevelMtls ?? {})) ports.set(Number(port), modeOf(mtls));
  const attachment = readAttachment(policy.ref.namespace, spec);
  return { compiled: { policy, attachment, mode: modeOf(spec.mtls), ports }, problems };
}

/**
 * The modes that may be in force for a port: the workload's, its namespace's, the mesh's, else PERMISSIVE; the port's own
 * before all. In the root namespace only policies without selector count. Istiod lets the oldest of several win; since ages
 * are not known, all of them are possible. Source: istio pilot/pkg/security/authn/policy_applier.go ComposePeerAuthentication.
 */
export function modesInForce(
  policies: readonly CompiledPeerAuthentication[],
  target: Target,
  port: number,
  { rootNamespace, ztunnel }: { readonly rootNamespace: string; readonly ztunnel: boolean },
): readonly ModeInForce[] {
  const mesh: CompiledPeerAuthentication[] = [];
  const namespace: CompiledPeerAuthentication[] = [];
  const workload: CompiledPeerAuthentication[] = [];
  let unsure = false;
  for (const each of policies) {
    const { attachment } = each;
    if (attachment.namespace !== rootNamespace && attachment.namespace !== target.namespace) continue;
    const whole = (attachment.labels ?? []).length === 0;
    if (attachment.namespace === rootNamespace) {
      if (whole) mesh.push(each);
    } else if (whole) namespace.push(each);
    else {
      const selected = selectedBy(attachment, target);
      if (selected === NO) continue;
      if (selected !== YES) unsure = true;
      workload.push(each);
    }
  }
  const found: ModeInForce[] = [];
  for (const meshWide of orNone(mesh)) {
    for (const namespaceWide of orNone(namespace)) {
      const inherited = [meshWide, namespaceWide].reduce<ModeInForce>(override, meshDefault);
      const candidates = unsure ? [...workload, undefined] : orNone(workload);
      for (const own of candidates) found.push(own === undefined ? inherited : ownMode(own, inherited, port, ztunnel));
    }
  }
  return found.filter((each, index) => found.findIndex(({ mode }) => mode === each.mode) === index);
}

const meshDefault: ModeInForce = { mode: 'PERMISSIVE', policy: undefined, path: '' };

function override(inherited: ModeInForce, policy: CompiledPeerAuthentication | undefined): ModeInForce {
  if (policy?.mode === undefined) return inherited;
  return { mode: policy.mode, policy: policy.policy, path: `${policy.policy.specs[0]?.path ?? 'spec'}.mtls` };
}

function ownMode(own: CompiledPeerAuthentication, inherited: ModeInForce, port: number, ztunnel: boolean): ModeInForce {
  const whole = override(inherited, own);
  const mode = own.ports.get(port);
  if (mode === undefined) return whole;
  // istiod looks only for PERMISSIVE ports when it decides whether an inherited STRICT has exceptions for ztunnel.
  const unseen =
    own.mode === undefined && inherited.mode === 'STRICT' && ![...own.ports.values()].includes('PERMISSIVE');
  if (ztunnel && unseen) return whole;
  const base = own.policy.specs[0]?.path ?? 'spec';
  return { mode, policy: own.policy, path: `${base}.portLevelMtls["${port}"]` };
}

function modeOf(mtls: PeerAuthenticationSpec['mtls']): MtlsMode | undefined {
  return mtls === undefined || mtls.mode === 'UNSET' ? undefined : mtls.mode;
}

function orNone<T>(items: readonly T[]): readonly (T | undefined)[] {
  return items.length === 0 ? [undefined] : items;
}
