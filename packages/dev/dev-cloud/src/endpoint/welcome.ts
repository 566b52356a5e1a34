import { Encoding, GoAway_Reason, TrafficClass, type Hello, type Welcome } from '@kestrel/proto/cloud';
import type { ClusterStore } from '../store/cluster-store.ts';
import type { Ending } from './ending.ts';
import type { EndpointLimits } from './limits.ts';

/** The one version of the protocol that is spoken here. */
const protocolVersion = 1;
const creditClasses = [TrafficClass.RESULTS, TrafficClass.AUDIT, TrafficClass.RESOURCES, TrafficClass.FLOWS];

/** Why a Hello can't open a session; undefined when it can. */
export function helloProblem(hello: Hello, o: { clusterId: string; highestTerm: bigint }): Ending | undefined {
  if (hello.clusterId !== o.clusterId) {
    const message = `Hello names cluster ${hello.clusterId}, token and certificate are of ${o.clusterId}`;
    return { reason: GoAway_Reason.IDENTITY_MISMATCH, message };
  }
  if (!hello.protocolVersions.includes(protocolVersion)) {
    const message = `protocol versions ${hello.protocolVersions.join(', ')} are offered, ${protocolVersion} is spoken here`;
    return { reason: GoAway_Reason.UNSUPPORTED_VERSION, message };
  }
  if (hello.term < o.highestTerm) {
    const message = `term ${hello.term} is lower than ${o.highestTerm}, which was seen already`;
    return { reason: GoAway_Reason.STALE_TERM, message, highestTerm: o.highestTerm };
  }
  return undefined;
}

/** Answers a Hello with the positions that are durable now. */
export function welcome(
  hello: Hello,
  o: { store: ClusterStore; limits: EndpointLimits; sessionId: string; highestTerm: bigint },
): Welcome {
  const { store, limits, sessionId, highestTerm } = o;
  return {
    protocolVersion,
    cursors: hello.streams.map(({ name }) => {
      const cursor = store.cursor(name);
      return {
        stream: name,
        epoch: cursor?.epoch ?? '',
        committedSeq: cursor?.seq ?? 0n,
        streamTimeNs: cursor?.timeNs ?? 0n,
      };
    }),
    openSnapshots: store.openSnapshots().map(({ id, stream, epoch, shownSeq }) => ({
      stream,
      epoch,
      snapshotId: id,
      seq: shownSeq,
    })),
    highestTerm,
    credits: creditClasses.map((trafficClass) => ({ trafficClass, sizeBytes: BigInt(limits.classCreditBytes) })),
    limits: {
      frameBytesMax: limits.frameBytesMax,
      batchBytesMax: limits.batchBytesMax,
      heartbeatIntervalMs: limits.heartbeatIntervalMs,
      deadAfterMs: limits.deadAfterMs,
    },
    encodings: [Encoding.IDENTITY, Encoding.ZSTD],
    sessionId,
  };
}
