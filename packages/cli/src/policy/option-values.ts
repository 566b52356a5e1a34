import { InvalidArgumentError } from 'commander';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`, `12h`, `7d` in milliseconds. */
export function duration(given: string): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(given) ?? [];
  const unitMs = UNITS_MS[unit];
  if (count === undefined || unitMs === undefined) {
    throw new InvalidArgumentError('It must be a number with a unit: 90m, 12h, 7d.');
  }
  return Number(count) * unitMs;
}

/** A point in time as in RFC 3339. */
export function instant(given: string): Date {
  const time = new Date(given);
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/.test(given) && !Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError('It must be a time such as 2026-11-25T00:00:00Z.');
}

/** Length of a prefix of addresses. */
export function prefixLength(max: number): (given: string) => number {
  return (given) => {
    const length = /^\d{1,3}$/.test(given) ? Number(given) : Number.NaN;
    if (length <= max) return length;
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${max}.`);
  };
}
