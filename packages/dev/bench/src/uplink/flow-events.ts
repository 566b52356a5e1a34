import { randomBytes } from 'node:crypto';

/** Size of a small event's data; its headers (about 270 bytes) come on top. */
export const SMALL_EVENT_BYTES = 450;
/** Size of a large event's data: for links, where bytes count and not events. */
export const LARGE_EVENT_BYTES = 16 * 1_024;
/** Base64 makes four characters of three bytes; the rest of a large event is its frame. */
const NOISE_BYTES = Math.floor(((LARGE_EVENT_BYTES - 64) / 4) * 3);

/** `small`: JSON as flow collectors write it. `large`: text that no compression makes much smaller. */
export type EventSize = 'small' | 'large';

/** Data of the i-th event; all of one size have exactly the same length. */
export function eventData(size: EventSize, i: number): string {
  return size === 'small' ? padded(windowText(i), SMALL_EVENT_BYTES) : padded(noiseText(), LARGE_EVENT_BYTES);
}

function windowText(i: number): string {
  const window = {
    batch: String(i),
    edge: {
      source: podEndpoint(i),
      destination: podEndpoint(i * 13 + 7),
      protocol: 'PROTOCOL_TCP',
      port: 8_000 + (i % 90),
      verdicts: [{ verdict: 'VERDICT_FORWARDED', count: String((i * 17) % 10_007) }],
    },
  };
  return JSON.stringify(window);
}

function podEndpoint(n: number): object {
  return {
    peerClass: 'PEER_CLASS_POD',
    workload: { kind: 'Deployment', namespace: `team-${n % 50}`, name: `checkout-${n % 997}` },
    ip: `10.${n % 251}.${(n * 7) % 253}.${(n * 31) % 254}`,
  };
}

/** Base64 of random bytes: what stays compressible is its alphabet, a quarter of the size. */
function noiseText(): string {
  return JSON.stringify({ noise: randomBytes(NOISE_BYTES).toString('base64') });
}

/** The object with one member more, that fills it up to the size. */
function padded(json: string, bytes: number): string {
  const open = json.slice(0, -1);
  const rest = bytes - open.length - ',"pad":""}'.length;
  if (rest < 0) throw new Error(`an event of more than ${bytes} bytes`);
  return `${open},"pad":"${'.'.repeat(rest)}"}`;
}
