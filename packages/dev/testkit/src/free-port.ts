import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Below the ephemeral range and above what machines usually run. */
const portMin = 15_000;
/** Where Linux starts its ephemeral range unless told otherwise. */
const ephemeralStartDefault = 32_768;
const triesMax = 100;

/**
 * A TCP port of 127.0.0.1 that is free now and stays free for a server that is restarted on it.
 *
 * It lies outside the kernel's ephemeral range: while the server is down, no client socket can be given its port, also
 * not a client that reconnects to that very port in a loop (on loopback such a client may connect to itself, and the
 * restarted server then finds its address in use).
 */
export async function freePort(): Promise<number> {
  const end = await ephemeralStart();
  if (end <= portMin) return await tryPort(0);
  for (let attempt = 0; attempt < triesMax; attempt += 1) {
    try {
      return await tryPort(randomInt(portMin, end));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    }
  }
  throw new Error(`no free port between ${portMin} and ${end} in ${triesMax} tries`);
}

async function ephemeralStart(): Promise<number> {
  try {
    const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    return Number.parseInt(range, 10);
  } catch {
    return ephemeralStartDefault; // not Linux: macOS starts at 49152, so this is below it too
  }
}

async function tryPort(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}
