import { randomBytes } from 'node:crypto';

/** A new, never used epoch: the time (to the second, sortable by eye) and 48 random bits. */
export function newEpochId(now: Date = new Date()): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${time}Z-${randomBytes(6).toString('hex')}`;
}
