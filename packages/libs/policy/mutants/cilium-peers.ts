import type { Mutant } from './mutant.ts';

const address = 'network/cilium/address-peers.ts';
const endpoint = 'network/cilium/endpoint-peers.ts';
const entities = 'network/cilium/entities.ts';
const group = 'network/cilium/cidr-group-selector.ts';
const identity = 'network/cilium/identity-labels.ts';
const peers = 'network/cilium/peers.ts';
const services = 'network/cilium/services.ts';

export const mutants: readonly Mutant[] = [
  {
    rule: 'a list of peers that is given and empty selects nobody',
    file: peers,
    find: 'if (value?.length !== 0) continue;',
    replace: 'if (value?.length !== -1) continue;',
  },
  {
    rule: 'security groups of a cloud are unknown',
    file: peers,
    find: "unknown.push({ code: 'unsupported', message: `${field}: ${message}` });",
    replace: '',
  },
  {
    rule: 'a service that is not given leaves it unknown',
    file: peers,
    find: "unknown.push({ code: 'incomplete', message: `${path}.toServices: none of the services is given` });",
    replace: '',
  },
  {
    rule: 'names are peers',
    file: peers,
    find: "if (matchName !== '') return [{ kind: 'names', exact: bareName(matchName) }];",
    replace: "if (matchName !== '') return [{ kind: 'everything' }];",
  },
  {
    rule: 'a namespaced policy is about pods of its namespace',
    file: endpoint,
    find: 'return [...intoLabelSpace(own, endpointKey), inNamespace(namespace)];',
    replace: 'return [...intoLabelSpace(own, endpointKey)];',
  },
  {
    rule: 'another namespace in the subject is replaced',
    file: endpoint,
    find: "(label && source === 'k8s' && key === POD_NAMESPACE)",
    replace: '(label && source === key)',
  },
  {
    rule: 'clusterwide policies about endpoints are not about nodes',
    file: endpoint,
    find: "values: ['pod', 'reserved'] };",
    replace: "values: ['pod', 'reserved', 'node'] };",
  },
  {
    rule: 'host policies are about nodes',
    file: endpoint,
    find: "{ key: ENDPOINT_LABELS.type, operator: 'In', values: ['node'] }];\n}",
    replace: "{ key: ENDPOINT_LABELS.type, operator: 'In', values: ['pod'] }];\n}",
  },
  {
    rule: 'peers are of the policy’s namespace',
    file: endpoint,
    find: 'return byNamespaceLabels ? [] : [inNamespace(namespace)];',
    replace: 'return [];',
  },
  {
    rule: 'a selector by namespace labels is not limited to the policy’s namespace',
    file: endpoint,
    find: 'return byNamespaceLabels ? [] : [inNamespace(namespace)];',
    replace: 'return [inNamespace(namespace)];',
  },
  {
    rule: 'a selector that names a namespace means that one',
    file: endpoint,
    find: 'if (hasKey(selector, POD_NAMESPACE, podSources)) return [];',
    replace: '',
  },
  {
    rule: 'clusterwide, an empty selector means pods only',
    file: endpoint,
    find: "return init ? [] : [{ key: ENDPOINT_LABELS.namespace, operator: 'Exists', values: [] }];",
    replace: 'return [];',
  },
  {
    rule: 'a selector with a reserved label is not limited',
    file: endpoint,
    find: "selector.some(({ source }) => source === 'reserved') ? [] : defaultScope(selector, scope)",
    replace: 'defaultScope(selector, scope)',
  },
  {
    rule: 'fromNodes never means the pod’s own node',
    file: endpoint,
    find: "ENDPOINT_LABELS.entity('remote-node'), operator: 'Exists'",
    replace: "ENDPOINT_LABELS.type, operator: 'Exists'",
  },
  {
    rule: 'labels that are no part of identities can not be selected',
    file: identity,
    find: 'return isIdentityLabel(key) ? ENDPOINT_LABELS.pod(key) : undefined;',
    replace: 'return ENDPOINT_LABELS.pod(key);',
  },
  {
    rule: 'hosts have only the labels that pass the filter',
    file: identity,
    find: "(source === 'any' || source === 'k8s') && isIdentityLabel(key)",
    replace: "(source === 'any' || source === 'k8s')",
  },
  {
    rule: 'labels of sources that pods do not have are never met',
    file: identity,
    find: "if (source !== 'any' && source !== 'k8s') return undefined;",
    replace: '',
  },
  {
    rule: 'service accounts are selected by their label',
    file: identity,
    find: 'if (key === RECORDED_SERVICE_ACCOUNT) return ENDPOINT_LABELS.serviceAccount;',
    replace: '',
  },
  {
    rule: 'the cluster is its pods, too',
    file: entities,
    find: "endpoints([{ key: ENDPOINT_LABELS.cluster, operator: 'In', values: [o.clusterName] }]),",
    replace: '',
  },
  {
    rule: 'the cluster is its nodes, too',
    file: entities,
    find: "const inCluster = ['host', 'remote-node', 'init',",
    replace: "const inCluster = ['host', 'init',",
  },
  {
    rule: 'all means everything',
    file: entities,
    find: "case 'all':\n      return [{ kind: 'everything' }];",
    replace: "case 'all':\n      return [];",
  },
  {
    rule: 'blocks never match pods, unless the match mode says so',
    file: address,
    find: "pods: policyCidrMatchMode.includes('pods'),",
    replace: 'pods: true,',
  },
  {
    rule: 'the match mode pods lets blocks match pods',
    file: address,
    find: "pods: policyCidrMatchMode.includes('pods'),",
    replace: 'pods: false,',
  },
  {
    rule: 'blocks never match nodes, unless the match mode says so',
    file: address,
    find: "nodes: policyCidrMatchMode.includes('nodes'),",
    replace: 'nodes: true,',
  },
  {
    rule: 'the match mode nodes lets blocks match nodes',
    file: address,
    find: "nodes: policyCidrMatchMode.includes('nodes'),",
    replace: 'nodes: false,',
  },
  {
    rule: 'the block of every address is the world, which nodes are no part of',
    file: address,
    find: 'nodes: reaches.nodes && reaches.pods',
    replace: 'nodes: reaches.nodes',
  },
  {
    rule: 'an API server outside of the cluster is an address',
    file: address,
    find: 'apiServer: true,',
    replace: 'apiServer: false,',
  },
  {
    rule: 'exceptions take addresses out of a block',
    file: address,
    find: 'except: exceptions.filter((each) => rangeCovers(block, each)).map(cidrText),',
    replace: 'except: [],',
  },
  {
    rule: 'exceptions that hold a whole block of a group take it all out',
    file: address,
    find: 'if (exceptions.some((each) => rangeCovers(each, block))) return [];',
    replace: '',
  },
  {
    rule: 'a CIDR group that is not there has no addresses',
    file: address,
    find: 'if (group === undefined) return { peers: [], missing: cidrGroupRef };',
    replace: 'if (group === undefined) return { peers: worldPeers(profile) };',
  },
  {
    rule: 'an empty selector of CIDR groups selects everything',
    file: address,
    find: "if (selectsEverything(rule)) return { peers: [{ kind: 'everything' }] };",
    replace: '',
  },
  {
    rule: 'conditions on CIDR groups are met by all groups of an address together',
    file: group,
    find: '.reduce(intersect, complement(excepted, whole))',
    replace: '.reduce((a, b) => (a.length > 1 ? intersect(a, b) : b), complement(excepted, whole))',
  },
  {
    rule: 'addresses in no group meet NotIn and DoesNotExist',
    file: group,
    find: "return operator === 'In' || operator === 'Exists' ? spans : complement(spans, whole);",
    replace: 'return spans;',
  },
  {
    rule: 'a service with a selector stands for its pods',
    file: services,
    find: 'service.selector !== undefined && service.selector.size > 0',
    replace: 'service.selector !== undefined && service.selector.size < 0',
  },
  {
    rule: 'a service’s pods are in its namespace, and have its labels',
    file: services,
    find: '    ...intoLabelSpace(conditions, endpointKey),\n',
    replace: '',
  },
  {
    rule: 'services are selected by their labels',
    file: services,
    find: 'selector.every((condition) => meets(condition, labels.get(condition.key)))',
    replace: 'selector.every(() => false)',
  },
];
