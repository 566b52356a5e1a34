/**
 * Compares two resourceVersions of one cluster: negative, 0 or positive; undefined when one is not a decimal number.
 * Kubernetes 1.35 declares them comparable (KEP-5504): unsigned decimals without leading zeros, for all built-in and
 * custom resources. They were revisions of etcd long before. A version says nothing across a restore of etcd.
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (!isComparable(a) || !isComparable(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

function isComparable(version: string): boolean {
  return /^(?:0|[1-9]\d{0,38})$/.test(version);
}
