import { z } from 'zod';
import { issueLines } from '../issue-lines.ts';
import { sequence, type Cursor } from './read-cursors.ts';
import { readRole } from './read-role.ts';
import type { ServiceStatus } from './read-services.ts';

const moment = z
  .union([z.string(), z.number()])
  .transform((at) => new Date(at))
  .pipe(z.date());
const when = moment.transform((at) => at.toISOString());

const gapSchema = z.looseObject({
  stream: z.string(),
  fromSeq: sequence,
  toSeq: sequence,
  reason: z.string(),
  /** 0 when it can't be told. */
  count: sequence,
  atMs: z.number().optional(),
});

/** The sections of an uplink's /statusz that are shown; others, and newer fields, are left alone. */
const uplinkSchema = z.looseObject({
  lease: z.looseObject({ term: z.number().optional() }).optional(),
  session: z
    .looseObject({
      open: z.boolean(),
      id: z.string().optional(),
      since: when.optional(),
      problem: z.string().nullish(),
    })
    .optional(),
  streams: z.array(z.looseObject({ name: z.string(), epoch: z.string(), committedSeq: sequence })).default([]),
  snapshot: z.string().nullish(),
  gaps: z.array(gapSchema).optional(),
  rejected: sequence.optional(),
  lastCommitAt: when.nullish(),
});

/** A part of a stream that was lost before the cloud had it. */
export type GapStatus = z.infer<typeof gapSchema>;

/** The session with the cloud, or why there is none. */
export interface SessionStatus {
  readonly open: boolean;
  readonly id?: string;
  readonly since?: string;
  readonly problem?: string;
}

/** What an uplink says of itself and the cloud. */
export interface UplinkStatus {
  readonly instance: string;
  readonly from: string;
  /** Why its /statusz cannot be understood. */
  readonly error?: string;
  readonly role?: string;
  readonly term?: number;
  readonly session?: SessionStatus;
  /** Id of the snapshot that is being sent. */
  readonly snapshot?: string;
  readonly lastCommitAt?: string;
  /** As the uplink keeps them: the last ones only. */
  readonly gaps?: readonly GapStatus[];
  /** Events that the cloud could not use, since the uplink started. */
  readonly rejected?: number;
  readonly cursors: readonly Cursor[];
}

/** Reads what the uplinks that answered say of the cloud. Pure. */
export function readUplinks(services: readonly ServiceStatus[]): UplinkStatus[] {
  return services.flatMap((service): UplinkStatus[] => {
    if (service.service !== 'uplink' || !service.reachable) return [];
    const base = { instance: service.instance, from: `${service.from}/statusz` };
    const parsed = uplinkSchema.safeParse(service.status);
    if (!parsed.success) return [{ ...base, error: issueLines(parsed.error).join('; '), cursors: [] }];
    return [{ ...base, ...readRole(service.status), ...describe(parsed.data, base.from) }];
  });
}

function describe(status: z.infer<typeof uplinkSchema>, from: string): Omit<UplinkStatus, 'instance' | 'from'> {
  const { lease, session, snapshot, lastCommitAt, gaps, rejected, streams } = status;
  return {
    ...(lease?.term !== undefined && { term: lease.term }),
    ...(session && { session: describeSession(session) }),
    ...(typeof snapshot === 'string' && { snapshot }),
    ...(typeof lastCommitAt === 'string' && { lastCommitAt }),
    ...(gaps && { gaps }),
    ...(rejected !== undefined && { rejected }),
    cursors: streams.map(({ name, epoch, committedSeq }) => ({ stream: name, epoch, committedSeq, from })),
  };
}

function describeSession(session: NonNullable<z.infer<typeof uplinkSchema>['session']>): SessionStatus {
  const { open, id, since, problem } = session;
  return {
    open,
    ...(id !== undefined && { id }),
    ...(since !== undefined && { since }),
    ...(typeof problem === 'string' && { problem }),
  };
}
