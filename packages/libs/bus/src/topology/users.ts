import type { Account } from './accounts.ts';
import {
  mayHoldLeases,
  mayInspect,
  mayProvision,
  mayRead,
  mayReadKeys,
  mayUpdate,
  mayUseKeys,
  mayWork,
} from './grants.ts';
import type { StreamName } from './streams.ts';
import type { UserName } from './user-names.ts';

/** What a user may do. Everything that is not listed is refused by the server. */
export interface UserSpec {
  readonly name: UserName;
  readonly account: Account;
  readonly purpose: string;
  /** Subjects it may publish to, requests included. */
  readonly publish: readonly string[];
  /** Subjects it may subscribe to: its own inboxes, and for inspectors what they watch. */
  readonly subscribe: readonly string[];
  /** Prefix of all its inboxes; nobody else may subscribe below it. */
  readonly inboxPrefix: string;
  /** Streams it may create (`ensureStreams`). */
  readonly provisions: readonly StreamName[];
  /**
   * Lives in a NATS account of its own that imports just its publish subjects from `account`, as services. Answers to its
   * requests are then routed back to it whatever reply it names, so it can't make them land on another's subject. Only for
   * users that need nothing of `$JS.API` but direct reads: its other requests would be about the own, empty account.
   */
  readonly isolated: boolean;
}

/** Streams of the DATA account that the cloud is told about. */
const uplinkedData = ['KESTREL_RESOURCES', 'KESTREL_FLOWS', 'KESTREL_EVENTS'] as const;
const uplinkedControl = ['KESTREL_RESULTS', 'KESTREL_AUDIT'] as const;
const dataStreams = ['KESTREL_RESOURCES', 'KESTREL_FLOWS', 'KESTREL_EDGES', 'KESTREL_EVENTS'] as const;
const controlStreams = ['KESTREL_COMMANDS', 'KESTREL_RESULTS', 'KESTREL_AUDIT'] as const;

function user(
  name: UserName,
  account: Account,
  o: { purpose: string; publish: string[]; subscribe?: string[]; provisions?: StreamName[]; isolated?: true },
): UserSpec {
  const inboxPrefix = `_INBOX.${name}`;
  const provisions = o.provisions ?? [];
  return {
    name,
    account,
    purpose: o.purpose,
    publish: [...new Set([...o.publish, ...provisions.flatMap(mayProvision)])].toSorted(),
    subscribe: [`${inboxPrefix}.>`, ...(o.subscribe ?? [])],
    inboxPrefix,
    provisions,
    isolated: o.isolated === true,
  };
}

/** The users, as data: the server's configuration and the permission tests are made from this table. */
export const USERS: Readonly<Record<UserName, UserSpec>> = {
  ingester: user('ingester', 'DATA', {
    purpose: "Writes the cluster's state, reads it back at the start, and makes the account's streams",
    publish: [
      'kestrel.resources.>',
      'kestrel.events.ingester.*',
      ...mayRead('KESTREL_RESOURCES'),
      ...mayHoldLeases('ingester'),
    ],
    provisions: [...dataStreams],
  }),
  'flow-collector': user('flow-collector', 'DATA', {
    purpose: 'Writes windows of L4 flows and its own edges',
    publish: [
      'kestrel.flows.l4.*',
      'kestrel.flows._fence.*',
      'kestrel.edges.*.*',
      'kestrel.events.flow-collector.*',
      '$JS.API.DIRECT.GET.KESTREL_FLOWS.kestrel.flows._fence.*',
      ...mayUseKeys('kestrel_leases', 'flow-collector.>'),
    ],
    isolated: true,
  }),
  'als-gateway': user('als-gateway', 'DATA', {
    purpose: 'Writes windows of L7 accesses and its own edges',
    publish: ['kestrel.flows.l7.*', 'kestrel.edges.*.*', 'kestrel.events.als-gateway.*'],
    isolated: true,
  }),
  'executor-data': user('executor-data', 'DATA', {
    purpose: 'Reads state and edges for policy analysis, reports findings',
    publish: [
      'kestrel.events.executor.*',
      ...mayInspect('KESTREL_EVENTS'),
      ...mayRead('KESTREL_RESOURCES'),
      ...mayRead('KESTREL_EDGES'),
    ],
  }),
  'executor-control': user('executor-control', 'CONTROL', {
    purpose: 'Takes commands, keeps their state, writes results and audit',
    publish: [
      'kestrel.results.*',
      'kestrel.audit.executor.*.*',
      ...mayWork('KESTREL_COMMANDS', 'executor'),
      ...mayHoldLeases('executor'),
      ...(['kestrel_commands', 'kestrel_nonces'] as const).flatMap((bucket) => [
        ...mayProvision(`KV_${bucket}`),
        ...mayUseKeys(bucket, '>'),
      ]),
    ],
    provisions: [...controlStreams],
  }),
  applier: user('applier', 'CONTROL', {
    purpose: 'Takes the commands that change the cluster, writes results and audit',
    publish: [
      'kestrel.results.*',
      'kestrel.audit.applier.*.*',
      ...mayWork('KESTREL_COMMANDS', 'applier'),
      ...mayHoldLeases('applier'),
      ...(['kestrel_commands', 'kestrel_nonces'] as const).flatMap((bucket) => [
        ...mayInspect(`KV_${bucket}`),
        ...mayUseKeys(bucket, '>'),
      ]),
      ...controlStreams.flatMap(mayInspect),
    ],
  }),
  'uplink-data': user('uplink-data', 'DATA', {
    purpose: 'Reads what goes to the cloud, gives streams new epochs, reports loss and rejections',
    publish: [
      'kestrel.events.uplink.*',
      ...uplinkedData.flatMap(mayRead),
      ...uplinkedData.flatMap(mayUpdate),
      ...mayInspect('KESTREL_EDGES'),
    ],
  }),
  'uplink-control': user('uplink-control', 'CONTROL', {
    purpose: 'Writes commands, reads results and audit, holds the lease of the active uplink; has no right on nonces',
    publish: [
      'kestrel.commands.*.*',
      ...uplinkedControl.flatMap(mayRead),
      ...uplinkedControl.flatMap(mayUpdate),
      ...mayHoldLeases('uplink'),
      ...mayProvision('KV_kestrel_uplink'),
      ...mayUseKeys('kestrel_uplink', '>'),
    ],
    provisions: [...controlStreams],
  }),
  inspector: user('inspector', 'DATA', {
    purpose: "A person's window on the DATA account (nats CLI, kestrelctl); writes nothing",
    publish: [
      '$JS.API.INFO',
      '$JS.API.STREAM.LIST',
      '$JS.API.STREAM.NAMES',
      ...dataStreams.flatMap((stream) => [
        ...mayRead(stream),
        `$JS.API.STREAM.MSG.GET.${stream}`,
        `$JS.API.CONSUMER.NAMES.${stream}`,
        `$JS.API.CONSUMER.LIST.${stream}`,
        // `nats stream view` acknowledges what it shows; nobody else's deliveries in this account want acknowledgements.
        `$JS.ACK.${stream}.>`,
      ]),
      ...mayInspect('KV_kestrel_leases'),
      ...mayReadKeys('kestrel_leases', '>'),
    ],
    subscribe: ['kestrel.>'],
  }),
  'inspector-control': user('inspector-control', 'CONTROL', {
    purpose: 'kestrelctl status: streams, leases and cursors of the CONTROL account; reads no command and no result',
    publish: [
      '$JS.API.INFO',
      '$JS.API.STREAM.NAMES',
      ...controlStreams.flatMap(mayInspect),
      ...(['kestrel_leases', 'kestrel_commands', 'kestrel_nonces', 'kestrel_uplink'] as const).flatMap((bucket) =>
        mayInspect(`KV_${bucket}`),
      ),
      ...mayReadKeys('kestrel_leases', '>'),
      ...mayReadKeys('kestrel_uplink', '>'),
    ],
  }),
};

/** All user names, in the order of the table. */
export const USER_NAMES: readonly UserName[] = Object.values(USERS).map((spec) => spec.name);
