import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { bench, BENCH_NAMES, type BenchName } from './bench.ts';
import { markdownTable, textTable } from './report/render.ts';

const USAGE = `usage: ./dev bench ingest|uplink|policy [--json] [--quick] [--record FILE]

  --json         one JSON document on standard output instead of a table
  --quick        small inputs and one run: shows that the bench works
  --record FILE  also writes the table as Markdown

It ends with 0 when the bench ran, also when targets were missed: they are shown as missed.
`;

/**
 * `./dev bench`. Returns the exit code: 0 ran, 1 failed, 2 wrong arguments, 130 interrupted. Progress goes to standard
 * error, the report to standard output.
 */
export async function runBench(args: readonly string[]): Promise<number> {
  const wanted = readArguments(args);
  if (wanted === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const interrupted = new AbortController();
  const onSignal = (): void => interrupted.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const report = await bench(wanted.name, { quick: wanted.quick, signal: interrupted.signal, say: stopwatch() });
    if (wanted.record !== undefined) await writeFile(wanted.record, markdownTable(report));
    process.stdout.write(wanted.json ? `${JSON.stringify(report, undefined, 2)}\n` : textTable(report));
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** Says lines with the seconds since now. */
function stopwatch(): (line: string) => void {
  const startedMs = performance.now();
  return (line) => {
    const elapsed = ((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4);
    process.stderr.write(`bench: ${elapsed} s  ${line}\n`);
  };
}

interface Wanted {
  readonly name: BenchName;
  readonly json: boolean;
  readonly quick: boolean;
  readonly record: string | undefined;
}

function readArguments(args: readonly string[]): Wanted | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        record: { type: 'string' },
      },
    });
    const name = BENCH_NAMES.find((candidate) => candidate === positionals[0]);
    if (name === undefined || positionals.length > 1) return undefined;
    return { name, json: values.json, quick: values.quick, record: values.record };
  } catch {
    return undefined; // an unknown option: the usage says which there are
  }
}
