import { isDeepStrictEqual } from 'node:util';
import type { StreamConfig, StreamState } from '@nats-io/jetstream';
import type { DesiredConfig } from './stream-config.ts';

/** What has to be done about a stream that exists. */
export interface ConfigDifference {
  /** Fields to change, without `metadata`. */
  readonly update: Partial<DesiredConfig>;
  /** Metadata keys to set. */
  readonly metadata: Record<string, string>;
  /** Differences that must not be changed by a program: why, one sentence each. */
  readonly refused: readonly string[];
}

/** Changing these needs a new stream, or changes what the stored messages mean. */
const identity = ['retention', 'storage', 'max_msgs_per_subject', 'discard'] as const;

const updatable = [
  'description',
  'max_msgs',
  'max_bytes',
  'max_age',
  'max_msg_size',
  'duplicate_window',
  'num_replicas',
  'allow_direct',
  'allow_rollup_hdrs',
  'deny_delete',
  'deny_purge',
  'allow_atomic',
  'allow_msg_ttl',
] as const;

/** Once true on the server these stay true. */
const latched = ['deny_delete', 'deny_purge', 'allow_msg_ttl'] as const;

/** Compares a stream on the server with what it should be. Pure; never proposes what would drop stored messages. */
export function configDifference(
  have: StreamConfig,
  want: DesiredConfig,
  state: Pick<StreamState, 'bytes' | 'messages'>,
): ConfigDifference {
  const refused = [...identityProblems(have, want), ...losses(have, want, state)];
  const changed = updatable.filter((key) => differs(have, want, key));
  const update = Object.fromEntries(changed.map((key) => [key, want[key]]));
  const metadata = Object.fromEntries(
    Object.entries(want.metadata).filter(([key, value]) => have.metadata?.[key] !== value),
  );
  return { update, metadata, refused };
}

function identityProblems(have: StreamConfig, want: DesiredConfig): string[] {
  const problems = identity
    .filter((key) => have[key] !== want[key])
    .map((key) => `${key} is ${String(have[key])}, not ${String(want[key])}`);
  if (!isDeepStrictEqual([...(have.subjects ?? [])].toSorted(), [...want.subjects].toSorted())) {
    problems.push(`it takes ${(have.subjects ?? []).join(', ')}, not ${want.subjects.join(', ')}`);
  }
  if (have.mirror) problems.push('it is a mirror');
  if (have.sources && have.sources.length > 0) problems.push('it has sources');
  if (have.republish) problems.push('it republishes its messages');
  if (have.sealed) problems.push('it is sealed');
  if (have.persist_mode === 'async' && want.persist_mode !== 'async') {
    problems.push('it acknowledges before the disk has the data');
  }
  return problems;
}

function losses(have: StreamConfig, want: DesiredConfig, state: Pick<StreamState, 'bytes' | 'messages'>): string[] {
  const problems: string[] = [];
  if (limits(want.max_bytes) && state.bytes > want.max_bytes) {
    problems.push(`it holds ${state.bytes} bytes, more than the new limit of ${want.max_bytes}`);
  }
  if (limits(want.max_msgs) && state.messages > want.max_msgs) {
    problems.push(`it holds ${state.messages} messages, more than the new limit of ${want.max_msgs}`);
  }
  return have.discard === 'new' ? problems : [];
}

function limits(value: number): boolean {
  return value > 0;
}

function differs(have: StreamConfig, want: DesiredConfig, key: (typeof updatable)[number]): boolean {
  const present = have[key] ?? defaultOf(key);
  if (latched.some((name) => name === key) && present === true) return false;
  return present !== want[key];
}

/** What the server leaves out of its answer. */
function defaultOf(key: (typeof updatable)[number]): unknown {
  switch (key) {
    case 'description':
      return '';
    case 'max_age':
      return 0;
    case 'max_msgs':
    case 'max_bytes':
    case 'max_msg_size':
      return -1;
    default:
      return false;
  }
}
