import type { Report, Result } from './report.ts';

const COLUMNS = ['metric', 'value', 'unit', 'target', '', 'spread', 'runs'] as const;
const SIGNS = { at_most: '≤', at_least: '≥', exactly: '=' } as const;

/** For a terminal. */
export function textTable(report: Report): string {
  const rows = [[...COLUMNS], ...report.results.map((result) => cells(result))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const notes = report.results.flatMap(({ metric, note }) => (note === undefined ? [] : [`  ${metric}: ${note}`]));
  return [
    `${report.bench}: ${machineLine(report)}`,
    '',
    ...lines,
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
    verdict(report),
    '',
  ].join('\n');
}

/** For docs/benchmarks.md: a section with a table. */
export function markdownTable(report: Report): string {
  const rows = report.results.map((result) => `| ${cells(result).join(' | ')} |`);
  const notes = report.results.flatMap(({ metric, note }) => (note === undefined ? [] : [`- ${metric}: ${note}`]));
  return [
    `## ${report.bench}`,
    '',
    `${machineLine(report)}. ${verdict(report)}`,
    '',
    `| ${COLUMNS.join(' | ')} |`,
    `| ${COLUMNS.map(() => '---').join(' | ')} |`,
    ...rows,
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
  ].join('\n');
}

/** One sentence on the targets; a quick run's figures are not to be quoted. */
export function verdict(report: Report): string {
  const judged = report.results.filter((result) => result.ok !== null);
  const missed = judged.filter((result) => result.ok === false);
  const met = `${judged.length - missed.length} of ${judged.length} targets met`;
  const names = missed.length === 0 ? '' : `; missed: ${missed.map((result) => result.metric).join(', ')}`;
  const quick = report.full ? '' : '. A quick run: it shows that the bench works, not how fast the product is';
  return `${met}${names}${quick}.`;
}

function cells(result: Result): string[] {
  const { metric, value, unit, target, ok, spread, runs } = result;
  return [
    metric,
    value === null ? 'not measured' : number(value),
    unit,
    target === null ? '' : `${SIGNS[target.relation]} ${number(target.value)}`,
    ok === null ? '' : ok ? 'met' : 'MISSED',
    spread === null ? '' : `${number(spread.min)}..${number(spread.max)}`,
    String(runs),
  ];
}

function machineLine({ machine }: Report): string {
  const { cpu, cores, memoryGiB, kernel, natsServer, disk, loadAverage, at } = machine;
  const options = machine.nodeOptions === '' ? '' : ` ${machine.nodeOptions}`;
  const node = `node ${machine.node}${options}${machine.compileCache ? ' with compile cache' : ''}`;
  const nats = natsServer === '' ? '' : `nats-server ${natsServer}, `;
  return (
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}, ${node}, ${nats}` +
    `fsync p50 ${disk.fsyncP50Ms} ms p99 ${disk.fsyncP99Ms} ms, load ${loadAverage} at the start, ${at.slice(0, 10)}`
  );
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}
