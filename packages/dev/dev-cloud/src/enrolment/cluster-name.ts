/** Characters that a SPIFFE id's path segment may have; also keeps a cluster id out of any other syntax. */
const clusterIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Whether `clusterId` can stand in a certificate. */
export function isClusterId(clusterId: string): boolean {
  return clusterIdPattern.test(clusterId);
}

/** The URI name of a cluster's certificates: `spiffe://kestrel-cloud/cluster/<id>`. */
export function clusterSpiffeId(clusterId: string): string {
  if (!isClusterId(clusterId)) throw new RangeError(`not a cluster id: ${JSON.stringify(clusterId)}`);
  return `spiffe://kestrel-cloud/cluster/${clusterId}`;
}
