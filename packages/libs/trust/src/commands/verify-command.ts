import { compactVerify } from 'jose';
import type { CryptoKey } from 'jose';
import * as z from 'zod';
import { OperationalError } from '@kestrel/runtime';
import { commandEnvelopeSchema } from './command-envelope.ts';
import type { CommandEnvelope } from './command-envelope.ts';
import type { CommandKeys } from './command-keys.ts';
import { commandAlg, commandTyp } from './signed-command.ts';
import type { CommandHeader } from './signed-command.ts';

/** Why a command is refused; final for this command. */
export type CommandRefusal =
  | 'too_large'
  | 'malformed'
  | 'wrong_alg'
  | 'wrong_typ'
  | 'unknown_key'
  | 'signature_invalid'
  | 'wrong_cluster'
  | 'issued_in_future'
  | 'expired'
  | 'lifetime_too_long';

/** What a command is judged by. */
export interface CommandRules {
  /** The pinned keys, of `importCommandKeys`. */
  readonly keys: CommandKeys;
  readonly clusterId: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Longest time from issue to expiry. Default 10 minutes. */
  readonly maxLifetimeMs?: number;
  /** Largest JWS, in bytes. Default 1 MiB. */
  readonly sizeMax?: number;
  /** How far ahead of ours the signer's clock may be. Default 30 s; the expiry gets no such grace. */
  readonly clockToleranceMs?: number;
}

/** A command whose signature, cluster and times hold. */
export interface VerifiedCommand {
  /** The bytes that were signed; what is not in the envelope is not looked at yet. */
  readonly payload: Uint8Array;
  readonly header: CommandHeader;
  readonly envelope: CommandEnvelope;
}

/** Longest life of a command from its issue to its expiry. */
export const commandLifetimeMaxMs = 600_000;
/** Largest signed command. */
export const commandBytesMax = 1_048_576;
const clockToleranceMs = 30_000;
const headerCharsMax = 1_024;

const compactJws = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Verifies a command (compact JWS, RFC 7515) and only then parses its payload. The header must be exactly
 * `alg: EdDSA`, `typ: kestrel-command+jws` and a `kid` that is pinned: keys in the header, `crit` and the like are refused.
 * Throws an OperationalError (final) whose code is a `CommandRefusal`.
 */
export async function verifyCommand(jws: Uint8Array | string, rules: CommandRules): Promise<VerifiedCommand> {
  const compact = compactText(jws, rules.sizeMax ?? commandBytesMax);
  const header = readHeader(compact);
  const key = rules.keys.get(header.kid);
  if (key === undefined) throw refusal('unknown_key', 'the command is signed by a key that is not pinned');
  const payload = await verifySignature(compact, key);
  const envelope = readEnvelope(payload);
  checkEnvelope(envelope, rules);
  return { payload, header, envelope };
}

function compactText(jws: Uint8Array | string, sizeMax: number): string {
  const size = typeof jws === 'string' ? Buffer.byteLength(jws) : jws.byteLength;
  if (size > sizeMax) throw refusal('too_large', `the command has ${size} bytes, more than ${sizeMax}`);
  const compact =
    typeof jws === 'string' ? jws : Buffer.from(jws.buffer, jws.byteOffset, jws.byteLength).toString('latin1');
  if (!compactJws.test(compact)) throw refusal('malformed', 'the command is not a compact JWS');
  // Base64url has several spellings of the same bytes where the last character has unused bits; one command, one spelling.
  const canonical = compact.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
  if (!canonical) throw refusal('malformed', 'the command is not in canonical base64url');
  return compact;
}

const headerSchema = z.record(z.string(), z.unknown());

function readHeader(compact: string): CommandHeader {
  const encoded = compact.slice(0, compact.indexOf('.'));
  if (encoded.length > headerCharsMax) throw refusal('malformed', "the command's header is too long");
  const parsed = headerSchema.safeParse(parseJson(Buffer.from(encoded, 'base64url')));
  if (!parsed.success) throw refusal('malformed', "the command's header is not a JSON object");
  const { alg, typ, kid, ...others } = parsed.data;
  if (alg !== commandAlg) throw refusal('wrong_alg', `the command is not signed by ${commandAlg}`);
  if (typ !== commandTyp) throw refusal('wrong_typ', `the signed document is not a ${commandTyp}`);
  if (typeof kid !== 'string') throw refusal('unknown_key', "the command's header names no key");
  if (Object.keys(others).length > 0)
    throw refusal('malformed', "the command's header has fields that are not allowed");
  return { alg, typ, kid };
}

async function verifySignature(compact: string, key: CryptoKey): Promise<Uint8Array> {
  try {
    const { payload } = await compactVerify(compact, key, { algorithms: [commandAlg] });
    return payload;
  } catch (cause) {
    throw refusal('signature_invalid', "the command's signature does not hold", cause);
  }
}

function readEnvelope(payload: Uint8Array): CommandEnvelope {
  const parsed = commandEnvelopeSchema.safeParse(parseJson(payload));
  if (parsed.success) return parsed.data;
  throw refusal('malformed', `the command's envelope is not valid: ${z.prettifyError(parsed.error)}`, parsed.error);
}

function checkEnvelope(envelope: CommandEnvelope, rules: CommandRules): void {
  const lifetimeMs = envelope.expiresAtMs - envelope.issuedAtMs;
  if (lifetimeMs <= 0) throw refusal('malformed', 'the command expires before it is issued');
  if (envelope.clusterId !== rules.clusterId) throw refusal('wrong_cluster', 'the command is for another cluster');
  if (envelope.issuedAtMs > rules.now + (rules.clockToleranceMs ?? clockToleranceMs)) {
    throw refusal('issued_in_future', 'the command is issued in the future');
  }
  if (rules.now >= envelope.expiresAtMs) throw refusal('expired', 'the command is expired');
  const maxLifetimeMs = rules.maxLifetimeMs ?? commandLifetimeMaxMs;
  if (lifetimeMs > maxLifetimeMs)
    throw refusal('lifetime_too_long', `the command lives ${lifetimeMs} ms, longer than ${maxLifetimeMs} ms`);
}

/** undefined for what is not JSON in UTF-8: no schema here accepts it. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function refusal(code: CommandRefusal, message: string, cause?: unknown): OperationalError {
  return new OperationalError(code, message, { retryable: false, ...(cause === undefined ? {} : { cause }) });
}
