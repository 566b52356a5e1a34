/** One row of a table; an undefined cell shows as "-", a row that ends early leaves the rest of its line empty. */
export type Row = readonly (string | number | undefined)[];

/** Rows as aligned columns; the first row is the head. The last cell of a row never widens its column. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => row.map((cell) => (cell === undefined ? '-' : String(cell))));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(
      ...cells.map((row) => (column === row.length - 1 ? 0 : (row[column]?.length ?? 0))),
      cells[0]?.[column]?.length ?? 0,
    ),
  );
  return cells
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Milliseconds as a person says them: 850 ms, 12 s, 7 min, 3 h, 2 d. */
export function age(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

/** Bytes as a person says them: 512 B, 1.5 KiB, 3.2 MiB. */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, size)) / 10)));
  const value = size / 1_024 ** at;
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at] ?? 'B'}`;
}

/** A count with its thousands apart: 12,345. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}
