import type { Policy, PolicyKind, ReadResult } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import { problemsUnder, readSpec } from '../../parse/read-spec.ts';
import { adminSchemas } from './admin-schema.ts';
import type { AdminPolicyKind, AdminRule, AdminSpec } from './admin-schema.ts';

/** API versions whose fields the schemas know. */
const versions: Readonly<Record<AdminPolicyKind, string>> = {
  AdminNetworkPolicy: 'policy.networking.k8s.io/v1alpha1',
  BaselineAdminNetworkPolicy: 'policy.networking.k8s.io/v1alpha1',
  ClusterNetworkPolicy: 'policy.networking.k8s.io/v1alpha2',
};

/** Whether a policy is of this family. */
export function isAdminKind(kind: PolicyKind): kind is AdminPolicyKind {
  return kind in versions;
}

/** A rule with the places where it and its parts stand. */
export interface PlacedRule extends AdminRule {
  readonly path: string;
}

/** Rules of a direction with their paths below `path`, the spec's. */
export function placedRules(spec: AdminSpec, direction: 'ingress' | 'egress', path: string): readonly PlacedRule[] {
  return spec[direction].map((rule, index) => ({ ...rule, path: `${path}.${direction}[${index}]` }));
}

/** Reads a policy of the family as its CustomResourceDefinition would validate it. Never throws. */
export function readAdminPolicy(policy: Policy): ReadResult<AdminSpec> {
  const { kind, name } = policy.ref;
  if (!isAdminKind(kind)) throw new Error(`not of this family: ${kind}`);
  const report = reporter(policy);
  if (kind === 'BaselineAdminNetworkPolicy' && name !== 'default') {
    const message = 'there can only be one, and its name must be "default"';
    return { value: undefined, problems: [report('invalid', 'metadata.name', message)] };
  }
  const [body = { path: 'spec', body: {} }] = policy.specs;
  const read = readSpec(adminSchemas[kind], body, policy);
  if (read.value === undefined) return read;
  const missing = missingParts(read.value, body.path, read.problems).map((path) =>
    report('invalid', path, 'must have exactly one field'),
  );
  if (missing.length > 0) return { value: undefined, problems: [...read.problems, ...missing] };
  const version =
    policy.apiVersion === versions[kind]
      ? []
      : [report('unsupported', 'apiVersion', `the engine knows ${versions[kind]}; fields of others may mean more`)];
  return { value: read.value, problems: [...read.problems, ...version, ...unspecified(read.value, body.path, report)] };
}

type Report = (code: Problem['code'], path: string, message: string) => Problem;

function reporter({ ref, source }: Policy): Report {
  return (code, path, message) => ({
    severity: code === 'invalid' ? 'error' : 'warning',
    code,
    object: ref,
    source,
    path,
    message,
  });
}

/** Subjects, peers and ports without any field, unless one was left out because the engine does not know it. */
function missingParts(spec: AdminSpec, path: string, problems: readonly Problem[]): readonly string[] {
  const rules = [...placedRules(spec, 'ingress', path), ...placedRules(spec, 'egress', path)];
  const parts = rules.flatMap((rule) => [
    ...rule.peers.map((peer, index) => ({ path: `${rule.path}.${rule.peersField}[${index}]`, value: peer })),
    ...(rule.ports === 'all' ? [] : rule.ports).map((port, index) => ({
      path: `${rule.path}.${rule.portsField}[${index}]`,
      value: port,
    })),
  ]);
  return [{ path: `${path}.subject`, value: spec.subject }, ...parts]
    .filter((part) => isEmpty(part.value) && problemsUnder(problems, part.path, 'unsupported').length === 0)
    .map((part) => part.path);
}

const isEmpty = (value: object | undefined): boolean =>
  value === undefined || Object.values(value).every((each) => each === undefined);

/** What the API's text leaves open, and implementations may do differently. */
function unspecified(spec: AdminSpec, path: string, report: Report): readonly Problem[] {
  return placedRules(spec, 'egress', path).flatMap((rule) => {
    const named = rule.ports !== 'all' && rule.ports.some((port) => port !== undefined && 'name' in port);
    const noPods = rule.peers.some(({ networks, nodes, domainNames }) => networks ?? nodes ?? domainNames);
    const problems: Problem[] = [];
    if (named && noPods) {
      const message = 'named ports do not go with networks, nodes or domainNames: there are no names to resolve';
      problems.push(report('unsupported', rule.path, message));
    }
    if (rule.action !== 'allow') {
      for (const [index, peer] of rule.peers.entries()) {
        if (peer.domainNames === undefined) continue;
        const message = 'domainNames are only supported in rules that allow';
        problems.push(report('unsupported', `${rule.path}.to[${index}].domainNames`, message));
      }
    }
    return problems;
  });
}
