import { readEnv, type Secret, variable } from '@kestrel/runtime';
import { readExtraKinds } from './kinds/extra-kinds.ts';
import type { Kind } from './kinds/kind.ts';
import { kindTable } from './kinds/kind-table.ts';
import { kubernetesOf, kubernetesShape, type KubernetesConfig } from './kubernetes-config.ts';

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** All variables of the ingester, beside those that every service has. */
export const ingesterShape = {
  CLUSTER_ID: variable.text({ description: 'Id of the cluster, as onboarding gave it', lengthMax: 128 }),
  NATS_URLS: variable.csv({
    description: 'Addresses of the bus: nats://host:4222 or tls://host:4222, separated by commas',
    pattern: /^(nats|tls):\/\/[^/@\s]+$/,
  }),
  NATS_SEED_FILE: variable.secretFile({ description: 'File with the nkey seed of the NATS user `ingester`' }),
  NATS_CA_FILE: variable
    .file({ description: "CA of the bus's certificate (PEM); the connection is then TLS or fails" })
    .optional(),
  ...kubernetesShape,
  KINDS: variable
    .csv({
      description: 'Kinds to ingest, by name; all known ones if not given',
      pattern: /^[A-Za-z]+(\.[a-z0-9.-]+)?$/,
    })
    .optional(),
  EXTRA_KINDS_FILE: variable.file({ description: 'JSON file with further kinds: see README' }).optional(),
  ANNOTATIONS: variable.csv({
    description: 'Annotations that go into records: exact keys, or prefixes that end with *',
    pattern: /^[A-Za-z0-9._/-]+\*?$/,
    default: [
      'sidecar.istio.io/inject',
      'ambient.istio.io/*',
      'istio.io/*',
      'networking.istio.io/*',
      'policy.cilium.io/*',
      'kestrel.ai/*',
    ],
  }),
  ISTIO_ROOT_NAMESPACE: variable.text({
    description: "Istio's root namespace: its policies select pods of every namespace",
    pattern: DNS_LABEL,
    default: 'istio-system',
  }),
  SELECTED_WORKLOADS_MAX: variable.integer({
    description: 'Workloads listed per policy; more are cut and the record says so',
    min: 1,
    max: 10_000,
    default: 2_000,
  }),
  JOIN_DELAY: variable.duration({
    description: 'How long changes gather before records that depend on other objects are made anew',
    minMs: 0,
    maxMs: 10_000,
    default: 200,
  }),
  FLUSH_INTERVAL: variable.duration({
    description: 'Longest time that a change waits for others to share a batch with',
    minMs: 1,
    maxMs: 1_000,
    default: 20,
  }),
  BATCH_MESSAGES_MAX: variable.integer({
    description: 'Messages in one atomic batch; sending one holds the event loop for about 0.1 ms a message',
    min: 1,
    max: 1_000,
    default: 200,
  }),
  ACK_TIMEOUT: variable.duration({
    description: 'After this long without acknowledgement a batch is sent again',
    minMs: 500,
    maxMs: 60_000,
    default: 5_000,
  }),
  TOMBSTONE_TTL: variable.duration({
    description: 'Life of a tombstone: the cloud may be away half as long without needing a snapshot',
    minMs: 1_000,
    maxMs: 30 * 86_400_000,
    default: 72 * 3_600_000,
  }),
  SHRINK_CONFIRM_AFTER: variable.duration({
    description: 'Time before the second list that confirms a mass shrink',
    minMs: 0,
    maxMs: 600_000,
    default: 30_000,
  }),
  FIRST_SYNC_PATIENCE: variable.duration({
    description: 'A kind whose first sync fails for this long, while others work, no longer holds up the rest',
    minMs: 1_000,
    maxMs: 3_600_000,
    default: 60_000,
  }),
  DISCOVERY_INTERVAL: variable.duration({
    description: 'How often to look which kinds the API server serves; one that is missing twice counts as gone',
    minMs: 100,
    maxMs: 3_600_000,
    default: 15_000,
  }),
  FULL_SYNC_INTERVAL: variable.duration({
    description: 'Each kind is listed anew after a random time between half of this and all of it',
    minMs: 1_000,
    maxMs: 7 * 86_400_000,
    default: 12 * 3_600_000,
  }),
  LEASE_TTL: variable.duration({
    description: 'Life of the lease of the active ingester when it is not renewed',
    minMs: 3_000,
    maxMs: 60_000,
    default: 9_000,
  }),
  STREAM_REPLICAS: variable.integer({
    description: 'Replicas of the streams: 1 on a single server, 3 on a cluster',
    min: 1,
    max: 5,
    default: 1,
  }),
};

/** How to reach the bus. */
export interface BusConfig {
  readonly servers: readonly string[];
  readonly seed: Secret;
  readonly caFile: string | undefined;
}

/** How the active ingester writes. Times in milliseconds. */
export interface WriterConfig {
  readonly flushIntervalMs: number;
  readonly batchMessagesMax: number;
  readonly ackTimeoutMs: number;
  readonly tombstoneTtlMs: number;
  readonly shrinkConfirmAfterMs: number;
  readonly leaseTtlMs: number;
  readonly streamReplicas: 1 | 3 | 5;
}

/** What the ingester needs to know. Times in milliseconds. */
export interface IngesterConfig {
  readonly clusterId: string;
  readonly kubernetes: KubernetesConfig;
  readonly bus: BusConfig;
  readonly writer: WriterConfig;
  readonly kinds: readonly Kind[];
  readonly annotations: readonly string[];
  readonly selectedWorkloadsMax: number;
  readonly joinDelayMs: number;
  readonly firstSyncPatienceMs: number;
  /** Time between two looks at what the API server serves. */
  readonly discoveryIntervalMs: number;
  /** Longest time between two full syncs of a kind. */
  readonly fullSyncIntervalMs: number;
}

/** Reads and checks all variables. @throws ConfigError with every problem */
export function readConfig(env: Record<string, string | undefined>): IngesterConfig {
  const values = readEnv(env, ingesterShape, (relate) => {
    relate(['KUBECONFIG_FILE', 'KUBERNETES_SERVICE_HOST'], (v) =>
      v.KUBECONFIG_FILE === undefined && v.KUBERNETES_SERVICE_HOST === undefined
        ? 'outside of a cluster KUBECONFIG_FILE is required'
        : undefined,
    );
    relate(['NATS_URLS', 'NATS_CA_FILE'], (v) =>
      v.NATS_CA_FILE !== undefined && v.NATS_URLS.some((url) => url.startsWith('nats://'))
        ? 'with a CA every address must begin with tls://'
        : undefined,
    );
    relate(['STREAM_REPLICAS'], (v) => (isReplicas(v.STREAM_REPLICAS) ? undefined : 'is none of 1, 3, 5'));
    relate(['EXTRA_KINDS_FILE'], (v) => readExtraKinds(v.EXTRA_KINDS_FILE).problem);
    relate(['KINDS', 'EXTRA_KINDS_FILE', 'ISTIO_ROOT_NAMESPACE'], (v) => chooseKinds(v).problem);
  });
  return {
    clusterId: values.CLUSTER_ID,
    kubernetes: kubernetesOf(values),
    bus: { servers: values.NATS_URLS, seed: values.NATS_SEED_FILE, caFile: values.NATS_CA_FILE },
    writer: {
      flushIntervalMs: values.FLUSH_INTERVAL,
      batchMessagesMax: values.BATCH_MESSAGES_MAX,
      ackTimeoutMs: values.ACK_TIMEOUT,
      tombstoneTtlMs: values.TOMBSTONE_TTL,
      shrinkConfirmAfterMs: values.SHRINK_CONFIRM_AFTER,
      leaseTtlMs: values.LEASE_TTL,
      streamReplicas: isReplicas(values.STREAM_REPLICAS) ? values.STREAM_REPLICAS : 1,
    },
    kinds: chooseKinds(values).kinds,
    annotations: values.ANNOTATIONS,
    selectedWorkloadsMax: values.SELECTED_WORKLOADS_MAX,
    joinDelayMs: values.JOIN_DELAY,
    firstSyncPatienceMs: values.FIRST_SYNC_PATIENCE,
    discoveryIntervalMs: values.DISCOVERY_INTERVAL,
    fullSyncIntervalMs: values.FULL_SYNC_INTERVAL,
  };
}

function isReplicas(count: number): count is 1 | 3 | 5 {
  return count === 1 || count === 3 || count === 5;
}

/** The kinds of the table (or those of them that are named) and those of the file. */
function chooseKinds(o: {
  KINDS: string[] | undefined;
  EXTRA_KINDS_FILE: string | undefined;
  ISTIO_ROOT_NAMESPACE: string;
}): { kinds: readonly Kind[]; problem?: string } {
  const table = kindTable({ istioRootNamespace: o.ISTIO_ROOT_NAMESPACE });
  const { kinds: extra } = readExtraKinds(o.EXTRA_KINDS_FILE);
  const known = new Set(table.map((kind) => kind.id));
  const wanted = new Set(o.KINDS ?? known);
  const unknown = [...wanted].filter((id) => !known.has(id));
  const doubled = extra.filter(({ group, kind }) => table.some((one) => one.group === group && one.kind === kind));
  const kinds = [...extra, ...table.filter((kind) => wanted.has(kind.id))];
  if (unknown.length > 0) return { kinds, problem: `unknown kind ${unknown.join(', ')}` };
  if (doubled.length > 0) return { kinds, problem: `${doubled.map((kind) => kind.id).join(', ')} is known already` };
  return { kinds };
}
