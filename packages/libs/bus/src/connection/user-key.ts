import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** First byte of a seed, and of a user: 'S' and 'U' in base32. */
const SEED_PREFIX = 18 << 3;
const USER_PREFIX = 20 << 3;
/** Two bytes of prefixes, the key, two bytes of checksum. */
const SEED_BYTES = 36;
/** PKCS #8 of an Ed25519 private key up to the key itself (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A user's nkey. Source: nats-io/nkeys. */
export interface UserKey {
  /** `U…` */
  readonly publicKey: string;
  /** The signature of the server's nonce, as the protocol wants it: base64url. */
  sign(nonce: string): string;
}

/**
 * Reads a user's seed (`SU…`). By node:crypto: the client library's own Ed25519 is JavaScript, and its first signature
 * holds up the event loop for about 90 ms.
 *
 * @throws Error when it is no user's seed; its text never holds the seed.
 */
export function userKeyFromSeed(seed: string): UserKey {
  const bytes = fromBase32(seed);
  const [first = 0, second = 0] = bytes;
  if (bytes.length !== SEED_BYTES || (first & 248) !== SEED_PREFIX) throw new Error('not an nkey seed');
  if ((((first & 7) << 5) | ((second & 248) >> 3)) !== USER_PREFIX) throw new Error("not a user's seed");
  if (checksum(bytes.subarray(0, -2)) !== bytes.readUInt16LE(SEED_BYTES - 2))
    throw new Error('damaged: wrong checksum');
  const key = Buffer.concat([PKCS8_HEAD, bytes.subarray(2, -2)]);
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return {
    publicKey: publicNkey(privateKey),
    sign: (nonce) => sign(null, Buffer.from(nonce), privateKey).toString('base64url'),
  };
}

function publicNkey(privateKey: KeyObject): string {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const named = Buffer.concat([Buffer.from([USER_PREFIX]), Buffer.from(x, 'base64url')]);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(checksum(named));
  return toBase32(Buffer.concat([named, sum]));
}

function fromBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of text) {
    const value = BASE32.indexOf(character);
    if (value < 0) throw new Error('not base32');
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}

function toBase32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(held >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + BASE32[(held << (5 - bits)) & 31];
}

/** CRC-16/XMODEM. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) sum = ((sum & 0x8000) === 0 ? sum << 1 : (sum << 1) ^ 0x1021) & 0xffff;
  }
  return sum;
}
