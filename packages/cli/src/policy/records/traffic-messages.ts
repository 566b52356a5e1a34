import {
  LossReason,
  ObservationPoint,
  PeerClass,
  Protocol,
  Verdict,
  type Endpoint,
  type L4Edge,
  type L7Edge,
  type Loss,
  type Window,
} from '@kestrel/proto/events';
import { z } from 'zod';
import {
  enumeration,
  flag,
  instant,
  labels,
  listOf,
  maybe,
  message,
  port,
  text,
  texts,
  uint32,
  uint64,
} from './message.ts';

/** WorkloadRef */
export const workloadRef = message({ group: text, kind: text, namespace: text, name: text });

const endpoint: z.ZodType<Endpoint> = message({
  peerClass: enumeration(PeerClass, 'PEER_CLASS_'),
  workload: maybe(workloadRef),
  labels,
  ip: text,
  dnsNames: texts,
  service: text,
  principal: text,
  identity: uint32,
});

const policyRef = message({ kind: text, namespace: text, name: text, rule: text });
const loss: z.ZodType<Loss> = message({ reason: enumeration(LossReason, 'LOSS_REASON_'), count: uint64 });
const completeness = message({ complete: flag, losses: listOf(loss), sampled: flag });

/** What L4 and L7 edges share. Both ends must be there: without them a record says nothing. */
const observed = {
  source: endpoint,
  destination: endpoint,
  port,
  observedAt: enumeration(ObservationPoint, 'OBSERVATION_POINT_'),
  verdicts: listOf(
    message({
      verdict: enumeration(Verdict, 'VERDICT_'),
      count: uint64,
      lastSeen: instant,
      reason: text,
      policies: listOf(policyRef),
    }),
  ),
  firstSeen: instant,
  lastSeen: instant,
  observedSince: instant,
  completeness: maybe(completeness),
};

/** L4Edge */
export const l4Edge: z.ZodType<L4Edge> = message({
  ...observed,
  protocol: enumeration(Protocol, 'PROTOCOL_').refine((protocol) => protocol !== 0, 'a protocol is needed'),
});

/** L7Edge */
export const l7Edge: z.ZodType<L7Edge> = message({
  ...observed,
  applicationProtocol: text,
  host: text,
  method: text,
  pathTemplate: text,
  responseCodes: z
    .record(z.string().regex(/^\d{1,10}$/), uint64)
    .nullish()
    .transform((codes) => codes ?? {}),
  durationSumMs: uint64,
  requestBytes: uint64,
  responseBytes: uint64,
  mutualTls: flag,
});

/** Window */
export const window: z.ZodType<Window> = message({
  writer: text,
  boot: text,
  number: uint64,
  part: uint32,
  parts: uint32,
  start: instant,
  end: instant,
  l4: listOf(l4Edge),
  l7: listOf(l7Edge),
  counters: maybe(message({ received: uint64, folded: uint64, published: uint64, lost: listOf(loss) })),
  completeness: maybe(completeness),
});
