import type { Mutant } from './mutant.ts';

const item = 'network/cilium/item-ports.ts';
const layer7 = 'network/cilium/layer7-rules.ts';
const match = 'network/layer7-match.ts';
const names = 'network/dns-pattern.ts';
const ports = 'network/cilium/ports.ts';
const sanitize = 'network/cilium/sanitize.ts';
const translate = 'network/cilium/translate.ts';

export const mutants: readonly Mutant[] = [
  {
    rule: 'enableDefaultDeny: false sets no default deny',
    file: translate,
    find: 'return !profile.nonDefaultDeny || spec.enableDefaultDeny?.[direction] !== false;',
    replace: 'return true;',
  },
  {
    rule: 'enableDefaultDeny is heeded only where the agent does',
    file: translate,
    find: '!profile.nonDefaultDeny || spec',
    replace: 'spec',
  },
  {
    rule: 'an empty list sets no default deny, even where it is asked for',
    file: translate,
    find: ' && here.some(({ items }) => items.length > 0)) {',
    replace: ' && here.length > 0) {',
  },
  {
    rule: 'deny beats allow',
    file: translate,
    find: "list.field.endsWith('Deny') ? 'deny' : 'allow'",
    replace: "'allow'",
  },
  {
    rule: 'an item without peers and ports matches nothing',
    file: translate,
    find: "peers.kind === 'nobody' || (peers.kind === 'open' && group.ports === 'all')",
    replace: "peers.kind === 'nobody'",
  },
  {
    rule: 'an item with ports and no peers means everybody',
    file: translate,
    find: "peers.kind === 'open' ? [{ kind: 'everything' }] : peers.terms",
    replace: 'peers.terms',
  },
  {
    rule: 'one invalid body refuses the whole policy',
    file: translate,
    find: 'return read.length === policy.specs.length ? read : undefined;',
    replace: 'return read;',
  },
  {
    rule: 'nodeSelector only clusterwide',
    file: translate,
    find: "if (spec.nodeSelector !== undefined && context.namespace !== '') {",
    replace: 'if (spec.nodeSelector !== undefined && context.namespace === undefined) {',
  },
  {
    rule: 'fromNodes and toNodes need enable-node-selector-labels',
    file: translate,
    find: 'context.profile.nodeSelectorLabels === true || items',
    replace: 'context.profile.nodeSelectorLabels !== false || items',
  },
  {
    rule: 'required authentication leaves it unknown',
    file: translate,
    find: "mode !== undefined && mode !== 'disabled'",
    replace: 'mode === undefined',
  },
  {
    rule: 'a field that the engine does not know makes the rule unknown',
    file: translate,
    find: '[...body.overall, ...unknownFields(context, path, isRequestField)]',
    replace: '[...body.overall]',
  },
  {
    rule: 'port 0 is every port',
    file: ports,
    find: 'if (read === 0) return { protocol: kind, from: 0, to: PORT_MAX };',
    replace: '',
  },
  {
    rule: 'endPort ends a range',
    file: ports,
    find: 'Math.max(read, endPort ?? 0)',
    replace: 'read',
  },
  {
    rule: 'an endPort before the port counts for nothing',
    file: ports,
    find: 'from: read, to: Math.max(read, endPort ?? 0)',
    replace: 'from: Math.min(read, endPort ?? read), to: Math.max(read, endPort ?? 0)',
  },
  {
    rule: 'ANY is TCP, UDP and SCTP',
    file: ports,
    find: "return sctp ? ['any'] : ['TCP', 'UDP'];",
    replace: "return sctp ? ['TCP'] : ['TCP', 'UDP'];",
  },
  {
    rule: 'SCTP only where it is switched on',
    file: ports,
    find: "return sctp ? ['any'] : ['TCP', 'UDP'];",
    replace: "return ['any'];",
  },
  {
    rule: 'names of ports are compared in lower case',
    file: ports,
    find: 'return text.toLowerCase();',
    replace: 'return text;',
  },
  {
    rule: 'a leading 0 makes a port octal',
    file: ports,
    find: 'Number.parseInt(text, 8)',
    replace: 'Number.parseInt(text, 10)',
  },
  {
    rule: 'toPorts that is empty counts as absent',
    file: item,
    find: "if (toPorts.length === 0 && icmps.length === 0) return [{ path, ports: 'all' }];",
    replace: '',
  },
  {
    rule: 'ICMP type 0 is every type',
    file: item,
    find: 'if (number !== 0) return [{ protocol, from: number, to: number }];',
    replace: 'return [{ protocol, from: number, to: number }];',
  },
  {
    rule: 'ICMP families are two protocols',
    file: item,
    find: "const protocol = family === 'IPv4' ? 'ICMP' : 'ICMPv6';",
    replace: "const protocol = family === 'IPv4' ? 'ICMPv6' : 'ICMP';",
  },
  {
    rule: 'layer 7 rules restrict requests',
    file: item,
    find: 'if (layer7 === undefined) plain.push(...ports);',
    replace: 'if (layer7 !== null) plain.push(...ports);',
  },
  {
    rule: 'layer 7 rules of other protocols leave requests unknown',
    file: layer7,
    find: 'if (rules?.[protocol] === undefined) continue;',
    replace: 'if (rules?.[protocol] !== null) continue;',
  },
  {
    rule: 'server names restrict requests',
    file: layer7,
    find: '...(serverNames === undefined ? {} : { serverNames',
    replace: '...(serverNames !== null ? {} : { serverNames',
  },
  {
    rule: 'a header with a mismatch action restricts nothing',
    file: layer7,
    find: 'if (mismatch !== undefined) return [];',
    replace: '',
  },
  {
    rule: 'missing facts make a request unknown',
    file: match,
    find: "if (test === 'unreadable' || text === undefined) return 'unknown';",
    replace: "if (test === 'unreadable' || text === undefined) return 'denied';",
  },
  {
    rule: 'an allowed request beside an unknown one is allowed',
    file: match,
    find: "if (outcome === 'allowed') return 'allowed';",
    replace: '',
  },
  {
    rule: 'a denied part denies, whatever is unknown beside it',
    file: match,
    find: "if (outcomes.includes('denied')) return 'denied';",
    replace: "if (outcomes.includes('denied') && !outcomes.includes('unknown')) return 'denied';",
  },
  {
    rule: 'expressions match the whole text',
    file: 'network/regex.ts',
    find: 'compiled.matches(text)',
    replace: 'compiled.matcher(text).find()',
  },
  {
    rule: 'a star stays within one label',
    file: names,
    find: 'return parts.length === labels.length && parts.every((part, index) => matchesLabel(part, labels[index] ??',
    replace: 'return parts.every((part, index) => matchesLabel(part, labels[index] ??',
  },
  {
    rule: 'two stars in front are one label or more',
    file: names,
    find: 'if (deep.length === 0 || ',
    replace: 'if (deep.length > 1 || ',
  },
  {
    rule: 'peers of one kind an item',
    file: sanitize,
    find: 'if (first !== undefined && second !== undefined) {',
    replace: 'if (first !== undefined && second === null) {',
  },
  {
    rule: 'ports and ICMP types not in one item',
    file: sanitize,
    find: 'if ((item.icmps?.length ?? 0) > 0 && (item.toPorts?.length ?? 0) > 0) {',
    replace: 'if ((item.icmps?.length ?? 0) > 99) {',
  },
  {
    rule: 'layer 7 rules are for TCP, but DNS',
    file: sanitize,
    find: "if (!dns && (port.protocol ?? '').toUpperCase() !== 'TCP') {",
    replace: "if (!dns && (port.protocol ?? '').toUpperCase() === 'SCTP') {",
  },
  {
    rule: 'an exception lies within its block',
    file: sanitize,
    find: 'else if (block !== undefined && !rangeCovers(block, inner)) {',
    replace: 'else if (block !== undefined && block === inner) {',
  },
  {
    rule: 'a body without any rule makes the whole policy do nothing',
    file: 'network/cilium/translate.ts',
    find: 'if (lists.some((list) => (list?.length ?? 0) > 0)) return true;',
    replace: 'if (lists.length > 0) return true;',
  },
  {
    rule: 'a kind of peers that the engine does not know may be anybody',
    file: 'network/cilium/translate.ts',
    find: 'if (strangers.length > 0) {',
    replace: 'if (strangers.length > 99) {',
  },
];
