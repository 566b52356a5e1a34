/** First release with atomic batches and per-message TTL, both of which the bus cannot do without. */
export const SERVER_VERSION_MIN = { major: 2, minor: 12 } as const;

/** Whether a server's version (`2.15.2`, `2.12.0-RC.1`) is new enough. Text that is no version is not. */
export function isServerNewEnough(version: string): boolean {
  const match = /^v?(\d+)\.(\d+)\./.exec(version);
  if (!match) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  if (major !== SERVER_VERSION_MIN.major) return major > SERVER_VERSION_MIN.major;
  return minor >= SERVER_VERSION_MIN.minor;
}
