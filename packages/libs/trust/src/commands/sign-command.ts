import { CompactSign } from 'jose';
import type { CryptoKey, KeyObject } from 'jose';
import { commandAlg, commandTyp } from './signed-command.ts';

/**
 * Signs the exact bytes of a command (proto3 JSON of `kestrel.commands.v1.Command`) as a compact JWS. `key` is a private
 * Ed25519 key. For the cloud's side: the operator itself only verifies.
 */
export async function signCommand(
  payload: Uint8Array,
  signer: { key: CryptoKey | KeyObject; kid: string },
): Promise<string> {
  return await new CompactSign(payload)
    .setProtectedHeader({ alg: commandAlg, typ: commandTyp, kid: signer.kid })
    .sign(signer.key);
}
