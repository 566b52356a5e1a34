const pattern = /^snap-(\d{13,16})-[0-9a-f]{12}$/;

/** An id that tells when its snapshot began: whoever resumes it must know how old it is. `entropy`: 12 hex digits. */
export function newSnapshotId(nowMs: number, entropy: string): string {
  return `snap-${Math.floor(nowMs)}-${entropy}`;
}

/** Epoch milliseconds at which a snapshot began; undefined for an id that was not made here. */
export function snapshotBeganMs(id: string): number | undefined {
  const [, began] = pattern.exec(id) ?? [];
  return began === undefined ? undefined : Number(began);
}
