const statusLine = /^NATS\/1\.0(?: [^\r\n]*)?\r\n/;

/**
 * Reads a NATS header block (`NATS/1.0\r\nName: value\r\n…\r\n`). Names keep their case; of a repeated name the last
 * value counts. Undefined when the bytes are not such a block.
 */
export function parseHeaderBlock(block: Uint8Array): Record<string, string> | undefined {
  if (block.byteLength === 0) return {};
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('utf8');
  const status = statusLine.exec(text);
  if (!status || !text.endsWith('\r\n')) return undefined;
  const headers: Record<string, string> = {};
  let at = status[0].length;
  while (at < text.length) {
    const end = text.indexOf('\r\n', at);
    if (end === at) return end + 2 === text.length ? headers : undefined;
    const colon = text.indexOf(':', at);
    if (end < 0 || colon <= at || colon > end) return undefined;
    headers[text.slice(at, colon)] = text.slice(colon + 1, end).trim();
    at = end + 2;
  }
  return undefined; // the empty line that ends the block is missing
}
