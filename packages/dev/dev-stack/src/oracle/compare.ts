/** What one side holds: subject → digest of the record, without what may differ (resourceVersion, time). */
export type Inventory = ReadonlyMap<string, string>;

/** How the cloud's store differs from the API server. Equal means that `missing` and `unexpected` are empty. */
export interface InventoryReport {
  /** How many objects the API server has, of the kinds that are ingested. */
  readonly expected: number;
  /** How many of them the cloud has with the same content. */
  readonly committed: number;
  /** Subjects that the cloud lacks, or has with other content. */
  readonly missing: readonly string[];
  /** Subjects that the cloud has and the API server has not. */
  readonly unexpected: readonly string[];
}

/** Compares what is expected with what was committed. */
export function compareInventories(expected: Inventory, committed: Inventory): InventoryReport {
  const missing = [...expected]
    .filter(([subject, digest]) => committed.get(subject) !== digest)
    .map(([subject]) => subject);
  const unexpected = [...committed.keys()].filter((subject) => !expected.has(subject));
  return {
    expected: expected.size,
    committed: expected.size - missing.length,
    missing: missing.toSorted(),
    unexpected: unexpected.toSorted(),
  };
}

/** Whether the cloud has exactly what the API server has, and that is something. */
export const isEqual = (report: InventoryReport): boolean =>
  report.expected > 0 && report.missing.length === 0 && report.unexpected.length === 0;
