import type { Mutant } from './mutant.ts';

const labels = 'recommendation/stable-labels.ts';
const selector = 'recommendation/selector-choice.ts';
const merge = 'recommendation/merge-rules.ts';
const allowances = 'recommendation/allowances.ts';
const sighting = 'recommendation/sighting.ts';
const networkPolicy = 'recommendation/network-policy-expression.ts';
const verification = 'recommendation/verification.ts';
const authorization = 'recommendation/authorization-recommendation.ts';

export const mutants: readonly Mutant[] = [
  {
    rule: 'selectors never use labels that change with a release',
    file: labels,
    find: "  'version',\n",
    replace: '',
  },
  {
    rule: 'selectors never use labels that controllers write',
    file: labels,
    find: 'if (passingName.test(name)) return false;',
    replace: '',
  },
  {
    rule: 'a narrowing label alone is no identity',
    file: selector,
    find: 'for (const first of identities) yield new Map([first]);',
    replace: 'for (const first of entries) yield new Map([first]);',
  },
  {
    rule: 'workloads that a selector brings in are told',
    file: selector,
    find: 'alsoSelects: [...new Set(reached.map(({ workload }) => workload))].toSorted()',
    replace: 'alsoSelects: []',
  },
  {
    rule: 'requests limit a port only where all that is known of it is requests',
    file: merge,
    find: 'a.port.requests === undefined || b.port.requests === undefined',
    replace: 'a.port.requests === undefined && b.port.requests === undefined',
  },
  {
    rule: 'DNS over one transport brings the other',
    file: allowances,
    find: 'for (const sighting of plain ? [] : asked)',
    replace: 'for (const sighting of plain ? asked : [])',
  },
  {
    rule: 'names need DNS that Cilium reads',
    file: allowances,
    find: '{ ...allowance.port, readsDns: true }',
    replace: 'allowance.port',
  },
  {
    rule: 'a port is named only where all pods have the name for it',
    file: allowances,
    find: 'others.every((pod) => isNamed(pod, name))',
    replace: 'true',
  },
  {
    rule: 'of a denial and something let through the later one counts',
    file: sighting,
    find: "(allowed.allowedMs ?? -Infinity) > (denied.deniedMs ?? -Infinity) ? 'allowed' : 'denied'",
    replace: "'allowed'",
  },
  {
    rule: 'what a NetworkPolicy has no words for keeps the direction from being isolated: ICMP',
    file: networkPolicy,
    find: "if (protocol === 'ICMP' || protocol === 'ICMPv6') return impossible(",
    replace: "if (protocol === 'SCTP') return impossible(",
  },
  {
    rule: 'on Cilium no address of a NetworkPolicy means a node or the API server',
    file: networkPolicy,
    find: "network.kind === 'generic' || (network.kind === 'cilium'",
    replace: "true || (network.kind === 'cilium'",
  },
  {
    rule: 'that a NetworkPolicy has no names is said',
    file: networkPolicy,
    find: 'end.names.length === 0 ? [] : [nameUnsaid(end.names)]',
    replace: '[]',
  },
  {
    rule: 'an empty list of Cilium rules would not deny by default; an empty rule does',
    file: 'recommendation/cilium-form.ts',
    find: 'if (rules.length === 0) return [{}];',
    replace: 'if (rules.length === 0) return [];',
  },
  {
    rule: 'peers of different kinds never share a rule of Cilium',
    file: 'recommendation/cilium-form.ts',
    find: "return `${peer.kind} ${isIcmp(port) ? 'icmp' : 'ports'}`;",
    replace: "return '';",
  },
  {
    rule: 'a source without mutual TLS gets no principal',
    file: 'recommendation/authorization-expression.ts',
    find: "return principal === '' ? plaintext(source) : byServiceAccount(source, context);",
    replace: 'return byServiceAccount(source, context);',
  },
  {
    rule: 'methods and paths are joined only where their product is what was asked',
    file: 'recommendation/authorization-form.ts',
    find: '...Map.groupBy(methodsOf, ({ methods }) => methods)',
    replace:
      "...Map.groupBy(methodsOf.map((each) => ({ ...each, methods: methodsOf[0]?.methods ?? '' })), ({ methods }) => methods)",
  },
  {
    rule: 'nothing is recommended in the root namespace, where it would be about the whole mesh',
    file: authorization,
    find: 'namespace !== rootNamespace',
    replace: 'namespace !== ``',
  },
  {
    rule: 'what isolates a workload already is left as it is',
    file: 'recommendation/plan.ts',
    find: "if (isolated || level === 'withheld') return false;",
    replace: "if (level === 'withheld') return false;",
  },
  {
    rule: 'no default deny over a workload that is withheld',
    file: 'recommendation/plan.ts',
    find: "targets.every(({ level }) => level !== 'withheld') && ",
    replace: '',
  },
  {
    rule: 'policies that exist are never overwritten by name',
    file: 'recommendation/policy-names.ts',
    find: 'used.has(candidate)',
    replace: 'used.has(``)',
  },
  {
    rule: 'guarantee 1 is checked: what was allowed at last stays allowed',
    file: verification,
    find: 'if (isNeeded(sighting)) this.#checkAllowed(sighting);',
    replace: 'if (isNeeded(sighting)) continue;',
  },
  {
    rule: 'guarantee 2 is checked: no more than the closure of what was seen',
    file: verification,
    find: "rule.action === 'allow' ? closure.exceededBy(rule, subjects) : undefined",
    replace: 'undefined',
  },
  {
    rule: 'guarantee 3 is checked: what was denied at last stays denied',
    file: verification,
    find: "else if (sighting.verdict === 'denied') this.#checkDenied(sighting);",
    replace: '',
  },
  {
    rule: 'a workload seen for less than the minimum is marked',
    file: 'recommendation/result.ts',
    find: 'short: lengthMs(span) < minObservationMs',
    replace: 'short: false',
  },
  {
    rule: 'a policy that says just what was seen gets no new text',
    file: 'recommendation/tighten-network.ts',
    find: 'if (differences.some(({ narrower }) => narrower)) return true;',
    replace: 'return true;',
  },
  {
    rule: 'who is reached by name may look the name up, whatever the kind of policy',
    file: 'recommendation/allowances.ts',
    find: 'if (!usesNames && byName === undefined) return;',
    replace: 'if (!usesNames) return;',
  },
];
