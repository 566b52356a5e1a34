import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { Command } from '@kestrel/proto/commands';
import { OperationalError, type Clock } from '@kestrel/runtime';
import type { Cluster, ReceivedReceipt } from '../cluster.ts';
import type { CommandSigner } from '../onboarding/command-signer.ts';

const ttlDefaultMs = 60_000;
const ttlMaxMs = 3_600_000;
const waitDefaultMs = 10_000;
const waitMaxMs = 60_000;
const bodies = [
  'kubernetesRequest',
  'ciliumRequest',
  'shellCommand',
  'policyDryRun',
  'policyApply',
  'policyRevert',
  'analyse',
  'cancel',
  'diagnose',
  'resync',
] as const;

/** A command to be signed and sent. What is not given is chosen; tests may choose wrong on purpose. */
export const commandRequestSchema = z.strictObject({
  /** Of `CommandClass`, without its prefix: READ, SHELL, ANALYSE, CHANGE, NODE. */
  class: z.string().transform((name) => name.toUpperCase().replace(/^(?!COMMAND_CLASS_)/, 'COMMAND_CLASS_')),
  /** One of the bodies of `kestrel.commands.v1.Command`, in proto3 JSON: `{ "diagnose": {} }`. */
  body: z
    .partialRecord(z.enum(bodies), z.record(z.string(), z.unknown()))
    .refine((body) => Object.keys(body).length === 1, 'must have exactly one body'),
  ttlMs: z.int().min(-ttlMaxMs).max(ttlMaxMs).default(ttlDefaultMs),
  requester: z.string().default('dev-cloud'),
  id: z.string().optional(),
  /** The cluster that the command names, if it is not to be the one that it is sent to. */
  namedClusterId: z.string().optional(),
  /** How long to wait for the receipt. */
  waitMs: z.int().min(0).max(waitMaxMs).default(waitDefaultMs),
});
export type CommandRequest = z.input<typeof commandRequestSchema>;
/** A request that was checked. */
export type CommandOrder = z.output<typeof commandRequestSchema>;

/** A command as it was sent, and its receipt; null when none came in time. */
export interface SentCommand {
  readonly id: string;
  /** SHA-256, hex, of the signed command. */
  readonly digest: string;
  readonly signed: string;
  readonly receipt: ReceivedReceipt | null;
}

/** Signs a command with the cloud's key and sends it to the cluster; without a session, the next one gets it. */
export async function issueCommand(
  cluster: Cluster,
  order: CommandOrder,
  o: { signer: CommandSigner; clock: Clock },
): Promise<SentCommand> {
  const { ttlMs, requester, body, waitMs } = order;
  const id = order.id ?? randomBytes(16).toString('base64url');
  const issuedMs = o.clock.nowMs();
  const expiresMs = issuedMs + ttlMs;
  const command = readCommand({
    id,
    clusterId: order.namedClusterId ?? cluster.id,
    issuedAt: new Date(issuedMs).toISOString(),
    expiresAt: new Date(expiresMs).toISOString(),
    requester,
    class: order.class,
    nonce: randomBytes(16).toString('base64url'),
    ...body,
  });
  const signed = await o.signer.sign(Buffer.from(JSON.stringify(Command.toJSON(command))));
  return await sendSigned(cluster, { id, signed, issuedMs, expiresMs }, waitMs);
}

/** Sends bytes as a command, whoever signed them. */
export async function sendSigned(
  cluster: Cluster,
  command: { id: string; signed: string; issuedMs: number; expiresMs: number },
  waitMs: number,
): Promise<SentCommand> {
  const digest = createHash('sha256').update(command.signed).digest('hex');
  const { promise, resolve } = Promise.withResolvers<ReceivedReceipt | null>();
  using waiting = new DisposableStack();
  waiting.defer(cluster.onReceipt((receipt) => void (receipt.commandDigest === digest && resolve(receipt))));
  const timer = setTimeout(() => resolve(null), waitMs);
  waiting.defer(() => clearTimeout(timer));
  cluster.store.addCommand({ ...command, digest });
  cluster.store.commit();
  cluster.session?.sendCommand({ digest, signed: command.signed });
  return { id: command.id, digest, signed: command.signed, receipt: await promise };
}

function readCommand(json: Record<string, unknown>): Command {
  try {
    return Command.fromJSON(json);
  } catch (cause) {
    throw new OperationalError('command_invalid', 'that is no kestrel.commands.v1.Command', {
      retryable: false,
      cause,
    });
  }
}
