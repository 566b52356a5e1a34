import * as z from 'zod';
import { GoAway_Reason, goAway_ReasonFromJSON } from '@kestrel/proto/cloud';
import type { Cluster } from '../cluster.ts';
import type { EnrolmentAuthority } from '../enrolment/enrolment-authority.ts';
import { faultSwitchesSchema, type Faults } from '../faults.ts';
import type { OidcIssuer } from '../issuer/oidc-issuer.ts';

const retryAfterMaxMs = 600_000;
const once = z.literal(true);

/** Switches that stay, and acts that happen once, in the order in which they stand here. */
export const faultRequestSchema = faultSwitchesSchema.extend({
  /** Before anything else: all switches off. */
  clear: once.optional(),
  /** Life of tokens from now on. */
  tokenTtlMs: z.int().min(1_000).optional(),
  /** Life of client certificates from now on. */
  certificateLifetimeMs: z.int().min(1).optional(),
  /** All tokens so far are expired; the session ends with UNAUTHENTICATED. */
  expireTokens: once.optional(),
  /** All client certificates so far are revoked; the session ends with UNAUTHENTICATED. */
  revokeCertificates: once.optional(),
  /** The issuer refuses the cluster's client (true), or takes it again (false). */
  revokeClient: z.boolean().optional(),
  /** The session ends, and the last n events (at least) are forgotten. */
  forgetLast: z.int().min(1).optional(),
  /** The session's call ends without a GoAway. */
  endStream: once.optional(),
  /** The session ends with a GoAway. */
  goAway: z
    .strictObject({
      reason: z.string().transform((name, context) => {
        try {
          return goAway_ReasonFromJSON(name.toUpperCase().replace(/^(?!REASON_)/, 'REASON_'));
        } catch {
          context.addIssue('is no GoAway reason');
          return z.NEVER;
        }
      }),
      retryAfterMs: z.int().min(0).max(retryAfterMaxMs).default(0),
      message: z.string().default('as the fault switch says'),
    })
    .optional(),
  /** The cluster is asked for a snapshot. */
  resync: z.strictObject({ stream: z.string(), reason: z.string().default('as the fault switch says') }).optional(),
});
export type FaultRequest = z.input<typeof faultRequestSchema>;
/** A request that was checked. */
export type FaultOrder = z.output<typeof faultRequestSchema>;

/** What faults act on. */
export interface FaultTargets {
  readonly faults: Faults;
  readonly cluster: Cluster;
  readonly clientId: string;
  readonly issuer: OidcIssuer;
  readonly enrolment: EnrolmentAuthority;
}

/** Does what was asked for. How many events were forgotten. */
export function applyFaults(order: FaultOrder, on: FaultTargets): { forgotten: number } {
  const { clear, tokenTtlMs, certificateLifetimeMs, expireTokens, revokeCertificates, revokeClient, ...rest } = order;
  const { forgetLast, endStream, goAway, resync, ...switches } = rest;
  const { cluster, issuer, enrolment, faults, clientId } = on;
  if (clear) faults.clear();
  faults.set(switches);
  if (tokenTtlMs !== undefined) issuer.tokenTtlMs = tokenTtlMs;
  if (certificateLifetimeMs !== undefined) enrolment.lifetimeMs = certificateLifetimeMs;
  if (expireTokens) {
    issuer.expireTokens();
    cluster.session?.end({ reason: GoAway_Reason.UNAUTHENTICATED, message: 'the token is expired' });
  }
  if (revokeCertificates) enrolment.revokeAll(); // the endpoint hears of it and ends the session
  if (revokeClient === true) issuer.revokeClient(clientId);
  if (revokeClient === false) issuer.restoreClient(clientId);
  const forgotten = forgetLast === undefined ? 0 : cluster.forgetLast(forgetLast);
  if (endStream) cluster.session?.cut('as the fault switch says');
  if (goAway) cluster.session?.end(goAway);
  if (resync) cluster.session?.requestResync(resync.stream, resync.reason);
  return { forgotten };
}
