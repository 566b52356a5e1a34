import * as z from 'zod';

const timestampCharsMax = 40;

/** A google.protobuf.Timestamp in proto3 JSON, as epoch milliseconds. */
const timestampMs = z.iso
  .datetime()
  .max(timestampCharsMax)
  .transform((text) => Date.parse(text));

/**
 * The fields of `kestrel.commands.v1.Command` (proto3 JSON) that decide whether a command is for here and now. The body is
 * left to whoever runs it. `class` is the enum's name, `COMMAND_CLASS_…`: whether it is served here is the caller's decision.
 */
export const commandEnvelopeSchema = z
  .object({
    id: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/),
    clusterId: z.string().min(1).max(256),
    issuedAt: timestampMs,
    expiresAt: timestampMs,
    requester: z.string().max(1024).default(''),
    class: z.string().regex(/^COMMAND_CLASS_[A-Z]{1,32}$/),
    nonce: z.string().max(256).default(''),
  })
  .transform(({ issuedAt, expiresAt, ...rest }) => ({ ...rest, issuedAtMs: issuedAt, expiresAtMs: expiresAt }));

/** A command's envelope; times in epoch milliseconds. */
export type CommandEnvelope = Readonly<z.output<typeof commandEnvelopeSchema>>;
