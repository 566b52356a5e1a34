import type { LineVerdict } from '@kestrel/policy';
import { stringify } from 'yaml';
import { jsonLine } from '../output-format.ts';
import { table, type Row } from '../table.ts';
import type { ProfileText } from './profile-text.ts';

/** A verdict with what it rests on. */
export interface JudgedLine extends LineVerdict {
  readonly profile: ProfileText;
  /** Parts of the manifests could not be used, or are of kinds that the engine does not know. */
  readonly incomplete?: true;
}

/** Writes verdicts one after the other, so that no file is too long. */
export interface VerdictWriter {
  readonly head: string;
  /** What is to be written now that this verdict is there; may be nothing yet. */
  line(verdict: JudgedLine): string;
  /** The rest. */
  tail(): string;
}

/** Rows that are aligned together. */
const tableRowsMax = 500;
const HEAD: Row = ['ID', 'ALLOWED', 'DECIDED BY', 'REASON'];

export function verdictWriter(format: 'table' | 'json' | 'jsonl' | 'yaml'): VerdictWriter {
  switch (format) {
    case 'jsonl':
      return { head: '', line: jsonLine, tail: () => '' };
    case 'yaml':
      return { head: '', line: (verdict) => `---\n${stringify(verdict)}`, tail: () => '' };
    case 'json':
      return jsonArray();
    case 'table':
      return alignedRows();
  }
}

function jsonArray(): VerdictWriter {
  let lines = 0;
  return {
    head: '[',
    line: (verdict) => {
      lines += 1;
      return `${lines === 1 ? '' : ','}\n  ${JSON.stringify(verdict)}`;
    },
    tail: () => (lines === 0 ? ']\n' : '\n]\n'),
  };
}

function alignedRows(): VerdictWriter {
  let rows: Row[] = [HEAD];
  const flush = (): string => {
    const text = rows.length > 1 ? table(rows) : '';
    rows = [HEAD];
    return text;
  };
  return {
    head: '',
    line: (verdict) => {
      rows.push(rowOf(verdict));
      return rows.length > tableRowsMax ? flush() : '';
    },
    tail: flush,
  };
}

function rowOf({ id, allowed, decidedBy, reason }: JudgedLine): Row {
  const deciders = [...new Set(decidedBy.map(({ policy }) => policy))];
  return [id, allowed === null ? 'unknown' : allowed ? 'yes' : 'no', deciders.join(' ') || '-', reason];
}
