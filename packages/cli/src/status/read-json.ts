/** The value in stored bytes; `undefined` for what is no JSON (an empty marker of a deleted key, another hand's text). */
export function readJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    // The schemas that read it refuse `undefined`: it counts as nothing there.
    return undefined;
  }
}
