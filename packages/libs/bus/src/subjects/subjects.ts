import { escapeToken, unescapeToken } from './tokens.ts';

/** Which object a record of KESTREL_RESOURCES is about. */
export interface ResourceKey {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** Empty for objects of the cluster. */
  readonly namespace: string;
  readonly name: string;
}

const CORE_GROUP = 'core';
const CLUSTER_SCOPE = '_';
/** Wildcard of one token; escaped text never holds it. */
const ANY = '*';
// What would collide with the two above if it were written plainly; neither occurs in a real cluster.
const ESCAPED_CORE_GROUP = '=63ore';
const ESCAPED_DOT = '=2E';

function groupToken(group: string): string {
  if (group === '') return CORE_GROUP;
  return group === CORE_GROUP ? ESCAPED_CORE_GROUP : escapeToken(group);
}

function namespaceToken(namespace: string): string {
  if (namespace === '') return CLUSTER_SCOPE;
  return namespace === '.' ? ESCAPED_DOT : escapeToken(namespace);
}

function resource(key: ResourceKey): string {
  const tokens = [groupToken(key.group), escapeToken(key.kind), namespaceToken(key.namespace), escapeToken(key.name)];
  return `kestrel.resources.${tokens.join('.')}`;
}

function resourceFilter(key: Partial<ResourceKey>): string {
  const tokens = [
    key.group === undefined ? ANY : groupToken(key.group),
    key.kind === undefined ? ANY : escapeToken(key.kind),
    key.namespace === undefined ? ANY : namespaceToken(key.namespace),
    key.name === undefined ? ANY : escapeToken(key.name),
  ];
  return `kestrel.resources.${tokens.join('.')}`;
}

function parseResource(subject: string): ResourceKey | undefined {
  const [root, branch, groupPart = '', kindPart = '', namespacePart = '', namePart = '', ...rest] = subject.split('.');
  if (root !== 'kestrel' || branch !== 'resources' || rest.length > 0) return undefined;
  const group = parseGroup(groupPart);
  const namespace = parseNamespace(namespacePart);
  const kind = unescapeToken(kindPart);
  const name = unescapeToken(namePart);
  if (group === undefined || kind === undefined || namespace === undefined || name === undefined) return undefined;
  return { group, kind, namespace, name };
}

function parseGroup(token: string): string | undefined {
  if (token === CORE_GROUP) return '';
  return token === ESCAPED_CORE_GROUP ? CORE_GROUP : unescapeToken(token);
}

function parseNamespace(token: string): string | undefined {
  if (token === CLUSTER_SCOPE) return '';
  return token === ESCAPED_DOT ? '.' : unescapeToken(token);
}

/** All subjects of the bus. Every text is escaped into one token; services name an entry and never spell a subject. */
export const subjects = {
  /** The state of one object. */
  resource,
  /**
   * A filter for the records of all objects with the given parts; a part that is left out may be anything. An empty
   * namespace means objects of the cluster, an empty group the core group. Fences never match (they have fewer tokens).
   */
  resourceFilter,
  /** The object a subject of KESTREL_RESOURCES is about; `undefined` for fences and anything {@link resource} never makes. */
  parseResource,
  /** The fence of a shard of writers on KESTREL_RESOURCES. */
  fence: (shard: string): string => `kestrel.resources._fence.${escapeToken(shard)}`,
  /** The fence of an elected reader's writes on KESTREL_FLOWS. */
  flowsFence: (shard: string): string => `kestrel.flows._fence.${escapeToken(shard)}`,
  /** L4 flow windows seen on a node. */
  flowsL4: (node: string): string => `kestrel.flows.l4.${escapeToken(node)}`,
  /** L7 access windows of a gateway instance. */
  flowsL7: (instance: string): string => `kestrel.flows.l7.${escapeToken(instance)}`,
  /** One edge as one reporter saw it. */
  edge: (reporter: string, hash: string): string => `kestrel.edges.${escapeToken(reporter)}.${escapeToken(hash)}`,
  /** A service's own events. */
  event: (service: string, kind: string): string => `kestrel.events.${escapeToken(service)}.${escapeToken(kind)}`,
  /** A command, by class (`read`, `shell`, `analyse`, `change`, `node`). */
  command: (cls: string, id: string): string => `kestrel.commands.${escapeToken(cls)}.${escapeToken(id)}`,
  /** The result chunks of a command. */
  result: (id: string): string => `kestrel.results.${escapeToken(id)}`,
  /** The audit chain of one boot of one writer. */
  audit: (service: string, instance: string, boot: string): string =>
    `kestrel.audit.${escapeToken(service)}.${escapeToken(instance)}.${escapeToken(boot)}`,
} as const;

/** The key of a lease in the bucket `kestrel_leases`: a user may write only keys below its own service's name. */
export function leaseKey(service: string, shard: string): string {
  return `${escapeToken(service)}.${escapeToken(shard)}`;
}
