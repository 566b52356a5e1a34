import type { Mutant } from './mutant.ts';

const attachment = 'authorization/attachment.ts';
const dataPlane = 'authorization/data-plane.ts';
const peer = 'authorization/peer-authentication.ts';
const keys = 'authorization/endpoint-keys.ts';
const requestFacts = 'authorization/request-facts.ts';
const scenario = 'authorization/scenario.ts';
const scenarios = 'authorization/scenarios.ts';
const source = 'authorization/source.ts';
const ways = 'authorization/ways.ts';
const ztunnel = 'authorization/ztunnel-rule.ts';

export const mutants: readonly Mutant[] = [
  {
    rule: 'policies of the root namespace apply to all namespaces',
    file: attachment,
    find: '  if (policy.namespace !== rootNamespace && policy.namespace !== target.namespace) return NO;\n  if (policy.targets.length === 0) return selectedBy(policy, target);',
    replace:
      '  if (policy.namespace !== target.namespace) return NO;\n  if (policy.targets.length === 0) return selectedBy(policy, target);',
  },
  {
    rule: 'a selector wants all of its labels',
    file: attachment,
    find: 'wanted.every(([key, value])',
    replace: 'wanted.some(([key, value])',
  },
  {
    rule: 'a policy with targetRefs does not apply to workloads that are no gateway',
    file: attachment,
    find: 'if (gateway === undefined || policy.namespace !== target.namespace) return NO;',
    replace: 'if (gateway === undefined) return YES;',
  },
  {
    rule: 'a policy with targetRefs is not given to ztunnel',
    file: attachment,
    find: 'return policy.targets.length > 0 ? NO : selectedBy(policy, target);',
    replace: 'return selectedBy(policy, target);',
  },
  {
    rule: 'a waypoint heeds only policies that target it',
    file: attachment,
    find: '  let answer: Tri = NO;\n  for (const { kind, name } of policy.targets) {',
    replace:
      '  let answer: Tri = policy.targets.length === 0 ? YES : NO;\n  for (const { kind, name } of policy.targets) {',
  },
  {
    rule: 'a GatewayClass is targeted from the root namespace only',
    file: attachment,
    find: 'if (policy.namespace === rootNamespace && name === waypointClass) return YES;',
    replace: 'if (name === waypointClass) return YES;',
  },
  {
    rule: 'a service is targeted from its own namespace',
    file: attachment,
    find: 'service.namespace === namespace && service.name === name',
    replace: 'service.name === name',
  },
  {
    rule: 'ztunnel has no ALLOW rules with HTTP fields',
    file: ztunnel,
    find: "if (context.action === 'ALLOW' && usesHttp(rule)) return undefined;",
    replace: '',
  },
  {
    rule: 'on ztunnel an item that is left empty never matches',
    file: ztunnel,
    find: 'items.filter((conditions) => conditions.length > 0)',
    replace: 'items',
  },
  {
    rule: 'CUSTOM and AUDIT have no effect on ztunnel',
    file: ways,
    find: "if (dataPlane === 'ztunnel' && compiled.action !== 'ALLOW' && compiled.action !== 'DENY') return [];",
    replace: '',
  },
  {
    rule: 'a port that is declared as HTTP is not plain TCP',
    file: ways,
    find: "return declared ?? (request.http === undefined ? 'tcp' : 'http');",
    replace: "return request.http === undefined ? 'tcp' : 'http';",
  },
  {
    rule: 'a request without X-Forwarded-For has the peer as its client',
    file: requestFacts,
    find: "header !== undefined && header('x-forwarded-for') === undefined ? sourceAddresses() : [];",
    replace: '[];',
  },
  {
    rule: 'the original client is not known when headers are not',
    file: requestFacts,
    find: "header !== undefined && header('x-forwarded-for') === undefined ? sourceAddresses() : [];",
    replace: 'sourceAddresses();',
  },
  {
    rule: 'a policy with an unknown part outside of its rules may apply or not',
    file: ways,
    find: 'const attached = compiled.unsupported === undefined ? attaches : both(attaches, UNKNOWN);',
    replace: 'const attached = attaches;',
  },
  {
    rule: 'ports that the sidecar does not capture are free',
    file: ways,
    find: "unseen: dataPlane === 'none' || uncaptured,",
    replace: "unseen: dataPlane === 'none',",
  },
  {
    rule: 'STRICT rejects plaintext',
    file: scenario,
    find: "  if (unseen) return 'allowed';\n  if (mode.mode === 'STRICT' && facts.principal === 'none') return 'denied';",
    replace: "  if (unseen) return 'allowed';",
  },
  {
    rule: 'a namespace’s mode overrides the mesh’s',
    file: peer,
    find: 'const inherited = [meshWide, namespaceWide].reduce',
    replace: 'const inherited = [namespaceWide, meshWide].reduce',
  },
  {
    rule: 'UNSET inherits',
    file: peer,
    find: "return mtls === undefined || mtls.mode === 'UNSET' ? undefined : mtls.mode;",
    replace: "return mtls === undefined ? undefined : mtls.mode === 'UNSET' ? 'PERMISSIVE' : mtls.mode;",
  },
  {
    rule: 'a port’s mode overrides its workload’s',
    file: peer,
    find: 'if (mode === undefined) return whole;',
    replace: 'if (mode === undefined || own.mode !== undefined) return whole;',
  },
  {
    rule: 'in the root namespace a PeerAuthentication with selector is ignored',
    file: peer,
    find: '      if (whole) mesh.push(each);\n    } else if (whole) namespace.push(each);\n    else {',
    replace: '      if (whole) mesh.push(each);\n    }\n    if (whole) namespace.push(each);\n    else {',
  },
  {
    rule: 'of several PeerAuthentications none is known to win',
    file: peer,
    find: 'return items.length === 0 ? [undefined] : items;',
    replace: 'return [items[0]];',
  },
  {
    rule: 'ztunnel does not know DISABLE ports under an inherited STRICT',
    file: peer,
    find: 'if (ztunnel && unseen) return whole;',
    replace: '',
  },
  {
    rule: 'with DISABLE nobody has an identity',
    file: source,
    find: "if (mode === 'DISABLE' && !mutual) return ['none'];",
    replace: '',
  },
  {
    rule: 'with PERMISSIVE an identity may be there or not',
    file: source,
    find: "return source.inMesh === true && always ? source.identities : [...source.identities, 'none'];",
    replace: 'return source.identities;',
  },
  {
    rule: 'who is not in the mesh has no identity',
    file: source,
    find: "if (source.inMesh === false) return ['none'];",
    replace: '',
  },
  {
    rule: 'between ztunnels identities are always there',
    file: source,
    find: "(dataPlane === 'ztunnel' && source.dataPlane === 'ztunnel') ||",
    replace: '',
  },
  {
    rule: 'a pod without signs of a data plane may have any',
    file: dataPlane,
    find: "export const POSSIBLE_DATA_PLANES: readonly DataPlane[] = ['sidecar', 'ztunnel', 'none'];",
    replace: "export const POSSIBLE_DATA_PLANES: readonly DataPlane[] = ['sidecar'];",
  },
  {
    rule: 'appProtocol goes before the name of a port',
    file: dataPlane,
    find: 'appProtocol ??',
    replace: '',
  },
  {
    rule: 'answers for one port are not given for another',
    file: scenarios,
    find: '`${key} ${port}`',
    replace: 'key',
  },
  {
    rule: 'answers for sources with one identity are not given for another',
    file: keys,
    find: 'part(ip) + part(principal) +',
    replace: 'part(ip) +',
  },
  {
    rule: 'answers for destinations with some labels are not given for others',
    file: keys,
    find: 'part(ip) + of + this.#labels(labels)',
    replace: 'part(ip) + of',
  },
  {
    rule: 'STRICT has a say where no AuthorizationPolicy applies',
    file: ways,
    find: "(silent && modes.every(({ mode }) => mode !== 'STRICT'))",
    replace: 'silent',
  },
  {
    rule: 'a rule matches only if it does in every way that things may be',
    file: scenarios,
    find: 'found === undefined ? matching : found.filter(({ key }) => matching.some((rule) => rule.key === key))',
    replace: 'matching',
  },
  {
    rule: 'rules of policies that only may apply do not certainly match',
    file: ways,
    find: 'all.filter(({ attached }) => attached === YES)',
    replace: 'all',
  },
];
