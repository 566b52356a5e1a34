import type { UserName } from '../src/index.ts';

/**
 * What each user is expected to be allowed, written down apart from the topology's own table: the test compares the two
 * through a real server. A right that is added to a user has to be added here as well, by a person.
 */

/** Subjects of messages: a sample of every kind that exists. */
export const messageSubjects = [
  'kestrel.resources.core.Pod.ns.name',
  'kestrel.resources._fence.main',
  'kestrel.flows.l4.node-1',
  'kestrel.flows.l7.gateway-1',
  'kestrel.flows._fence.relay',
  'kestrel.flows.other.x',
  'kestrel.edges.reporter.hash',
  'kestrel.events.ingester.kind',
  'kestrel.events.flow-collector.kind',
  'kestrel.events.als-gateway.kind',
  'kestrel.events.executor.kind',
  'kestrel.events.uplink.kind',
  'kestrel.events.applier.kind',
  'kestrel.commands.read.id',
  'kestrel.results.id',
  'kestrel.audit.executor.pod.boot',
  'kestrel.audit.applier.pod.boot',
  'kestrel.audit.uplink.pod.boot',
  'kestrel.other',
  'other',
  '$KV.kestrel_leases.ingester.main',
  '$KV.kestrel_leases.ingester.main.term',
  '$KV.kestrel_leases.flow-collector.relay',
  '$KV.kestrel_leases.als-gateway.x',
  '$KV.kestrel_leases.executor.reaper',
  '$KV.kestrel_leases.applier.x',
  '$KV.kestrel_leases.uplink.main',
  '$KV.kestrel_commands.id',
  '$KV.kestrel_nonces.nonce',
  '$KV.kestrel_uplink.cursor',
  '$KV.other.key',
  '$SYS.REQ.SERVER.PING',
  '$SYS.REQ.ACCOUNT.PING.STATZ',
  '$SRV.PING',
  '$JS.FC.KESTREL_RESOURCES.c.1',
] as const;

export const streams = [
  'KESTREL_RESOURCES',
  'KESTREL_FLOWS',
  'KESTREL_EDGES',
  'KESTREL_EVENTS',
  'KESTREL_COMMANDS',
  'KESTREL_RESULTS',
  'KESTREL_AUDIT',
  'KV_kestrel_leases',
  'KV_kestrel_commands',
  'KV_kestrel_nonces',
  'KV_kestrel_uplink',
  'OTHER',
] as const;
export type AnyStream = (typeof streams)[number];

const inspect = ['STREAM.INFO.%'];
const provision = [...inspect, 'STREAM.CREATE.%', 'STREAM.UPDATE.%'];
const read = [
  ...inspect,
  'CONSUMER.CREATE.%.c',
  'CONSUMER.CREATE.%.c.kestrel.x',
  'CONSUMER.INFO.%.c',
  'CONSUMER.MSG.NEXT.%.c',
  'CONSUMER.DELETE.%.c',
  'DIRECT.GET.%',
  'DIRECT.GET.%.any.subject',
];
const never = [
  'STREAM.DELETE.%',
  'STREAM.PURGE.%',
  'STREAM.SNAPSHOT.%',
  'STREAM.RESTORE.%',
  'STREAM.MSG.DELETE.%',
  'STREAM.PEER.REMOVE.%',
  'STREAM.LEADER.STEPDOWN.%',
  'CONSUMER.CREATE.%',
  'CONSUMER.DURABLE.CREATE.%.c',
  'CONSUMER.PAUSE.%.c',
  'CONSUMER.RESET.%.c',
  'CONSUMER.UNPIN.%.c',
  'CONSUMER.LEADER.STEPDOWN.%.c',
];
const list = ['STREAM.MSG.GET.%', 'CONSUMER.NAMES.%', 'CONSUMER.LIST.%'];
const work = (durable: string): string[] => [
  ...inspect,
  `CONSUMER.CREATE.%.${durable}`,
  `CONSUMER.CREATE.%.${durable}.kestrel.x`,
  `CONSUMER.INFO.%.${durable}`,
  `CONSUMER.MSG.NEXT.%.${durable}`,
];

const api = (verbs: readonly string[], ...names: AnyStream[]): string[] =>
  names.flatMap((name) => verbs.map((verb) => `$JS.API.${verb.replace('%', name)}`));

const accountVerbs = [
  '$JS.API.INFO',
  '$JS.API.STREAM.LIST',
  '$JS.API.STREAM.NAMES',
  '$JS.API.META.LEADER.STEPDOWN',
  '$JS.API.SERVER.REMOVE',
  '$JS.API.ACCOUNT.PURGE.DATA',
];

const keyReads = [
  ['kestrel_leases', 'ingester.main'],
  ['kestrel_leases', 'uplink.main'],
  ['kestrel_leases', 'executor.reaper'],
  ['kestrel_leases', 'applier.x'],
  ['kestrel_leases', 'flow-collector.relay'],
  ['kestrel_commands', 'id'],
  ['kestrel_nonces', 'nonce'],
  ['kestrel_uplink', 'cursor'],
] as const;
const readKey = (bucket: string, key: string): string => `$JS.API.DIRECT.GET.KV_${bucket}.$KV.${bucket}.${key}`;

/** Everything that is tried as every user. */
export const universe: readonly string[] = [
  ...messageSubjects,
  ...accountVerbs,
  ...api([...new Set([...provision, ...read, ...list, ...never, ...work('executor'), ...work('applier')])], ...streams),
  ...keyReads.map(([bucket, key]) => readKey(bucket, key)),
  '$JS.API.DIRECT.GET.KESTREL_FLOWS.kestrel.flows._fence.relay',
  '$JS.ACK.KESTREL_COMMANDS.executor.1.1.1.1.1',
  '$JS.ACK.KESTREL_COMMANDS.applier.1.1.1.1.1',
  '$JS.ACK.KESTREL_RESOURCES.c.1.1.1.1.1',
];

const lease = (key: string): string[] => [
  ...api(provision, 'KV_kestrel_leases'),
  `$KV.kestrel_leases.${key}`,
  readKey('kestrel_leases', key),
];
const key = (bucket: string, name: string): string[] => [`$KV.${bucket}.${name}`, readKey(bucket, name)];

/** The part of {@link universe} that each user may publish. */
export const mayPublish: Readonly<Record<UserName, readonly string[]>> = {
  ingester: [
    'kestrel.resources.core.Pod.ns.name',
    'kestrel.resources._fence.main',
    'kestrel.events.ingester.kind',
    '$KV.kestrel_leases.ingester.main.term',
    ...lease('ingester.main'),
    ...api([...provision, ...read], 'KESTREL_RESOURCES'),
    ...api([...work('executor'), ...work('applier')], 'KESTREL_RESOURCES'),
    ...api(provision, 'KESTREL_FLOWS', 'KESTREL_EDGES', 'KESTREL_EVENTS'),
  ],
  'flow-collector': [
    'kestrel.flows.l4.node-1',
    'kestrel.flows._fence.relay',
    'kestrel.edges.reporter.hash',
    'kestrel.events.flow-collector.kind',
    '$JS.API.DIRECT.GET.KESTREL_FLOWS.kestrel.flows._fence.relay',
    ...key('kestrel_leases', 'flow-collector.relay'),
  ],
  'als-gateway': ['kestrel.flows.l7.gateway-1', 'kestrel.edges.reporter.hash', 'kestrel.events.als-gateway.kind'],
  'executor-data': [
    'kestrel.events.executor.kind',
    ...api([...read, ...work('executor'), ...work('applier')], 'KESTREL_RESOURCES', 'KESTREL_EDGES'),
    ...api(inspect, 'KESTREL_EVENTS'),
  ],
  'executor-control': [
    'kestrel.results.id',
    'kestrel.audit.executor.pod.boot',
    '$JS.ACK.KESTREL_COMMANDS.executor.1.1.1.1.1',
    ...api(work('executor'), 'KESTREL_COMMANDS'),
    ...lease('executor.reaper'),
    ...key('kestrel_commands', 'id'),
    ...key('kestrel_nonces', 'nonce'),
    ...api(provision, 'KESTREL_COMMANDS', 'KESTREL_RESULTS', 'KESTREL_AUDIT'),
    ...api(provision, 'KV_kestrel_commands', 'KV_kestrel_nonces'),
  ],
  applier: [
    'kestrel.results.id',
    'kestrel.audit.applier.pod.boot',
    '$JS.ACK.KESTREL_COMMANDS.applier.1.1.1.1.1',
    ...api(work('applier'), 'KESTREL_COMMANDS'),
    ...lease('applier.x'),
    ...key('kestrel_commands', 'id'),
    ...key('kestrel_nonces', 'nonce'),
    ...api(inspect, 'KESTREL_COMMANDS', 'KESTREL_RESULTS', 'KESTREL_AUDIT'),
    ...api(inspect, 'KV_kestrel_commands', 'KV_kestrel_nonces'),
  ],
  'uplink-data': [
    'kestrel.events.uplink.kind',
    ...api(
      [...read, ...work('executor'), ...work('applier'), 'STREAM.UPDATE.%'],
      'KESTREL_RESOURCES',
      'KESTREL_FLOWS',
      'KESTREL_EVENTS',
    ),
    '$JS.API.DIRECT.GET.KESTREL_FLOWS.kestrel.flows._fence.relay',
    ...api(inspect, 'KESTREL_EDGES'),
  ],
  'uplink-control': [
    'kestrel.commands.read.id',
    ...api([...read, ...work('executor'), ...work('applier'), 'STREAM.UPDATE.%'], 'KESTREL_RESULTS', 'KESTREL_AUDIT'),
    ...api(['STREAM.CREATE.%'], 'KESTREL_RESULTS', 'KESTREL_AUDIT'),
    ...api(provision, 'KESTREL_COMMANDS', 'KV_kestrel_uplink'),
    ...lease('uplink.main'),
    ...key('kestrel_uplink', 'cursor'),
  ],
  inspector: [
    '$JS.ACK.KESTREL_RESOURCES.c.1.1.1.1.1',
    '$JS.API.INFO',
    '$JS.API.STREAM.LIST',
    '$JS.API.STREAM.NAMES',
    ...api(
      [...read, ...list, ...work('executor'), ...work('applier')],
      'KESTREL_RESOURCES',
      'KESTREL_FLOWS',
      'KESTREL_EDGES',
      'KESTREL_EVENTS',
    ),
    '$JS.API.DIRECT.GET.KESTREL_FLOWS.kestrel.flows._fence.relay',
    ...api(inspect, 'KV_kestrel_leases'),
    ...keyReads.filter(([bucket]) => bucket === 'kestrel_leases').map(([bucket, name]) => readKey(bucket, name)),
  ],
  'inspector-control': [
    '$JS.API.INFO',
    '$JS.API.STREAM.NAMES',
    ...api(inspect, 'KESTREL_COMMANDS', 'KESTREL_RESULTS', 'KESTREL_AUDIT'),
    ...api(inspect, 'KV_kestrel_leases', 'KV_kestrel_commands', 'KV_kestrel_nonces', 'KV_kestrel_uplink'),
    ...keyReads
      .filter(([bucket]) => bucket === 'kestrel_leases' || bucket === 'kestrel_uplink')
      .map(([bucket, name]) => readKey(bucket, name)),
  ],
};

/** Subjects that are tried as subscriptions, besides every user's inbox. */
export const subscriptions = [
  '>',
  '*',
  '_INBOX.>',
  'kestrel.>',
  'kestrel.resources.>',
  'kestrel.commands.>',
  'kestrel.results.id',
  'kestrel.audit.>',
  '$KV.>',
  '$KV.kestrel_nonces.>',
  '$JS.>',
  '$JS.API.>',
  '$JS.EVENT.ADVISORY.>',
  '$JS.ACK.>',
  '$SYS.>',
  '_R_.>',
] as const;

/** The part of {@link subscriptions} that a user may subscribe to. */
export const maySubscribe: Partial<Record<UserName, readonly string[]>> = {
  inspector: ['kestrel.>', 'kestrel.resources.>', 'kestrel.commands.>', 'kestrel.results.id', 'kestrel.audit.>'],
};
