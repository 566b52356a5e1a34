import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';

const directoryMode = 0o700;
const fileMode = 0o600;

/** What `path` holds, checked by `schema`; undefined when there is no file. A damaged file throws: it is not guessed at. */
export function readJsonFile<T>(path: string, schema: z.ZodType<T>): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged; remove its directory to start anew`, { cause });
  }
}

/**
 * Replaces `path` by `value`, on disk when this returns, whole or not at all, readable by the owner only. Synchronous, so
 * that no two changes cross; for files of a few KB that change seldom.
 */
export function writeJsonFile(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: directoryMode });
  const aside = `${path}.${randomUUID()}`;
  writeFileSync(aside, JSON.stringify(value), { mode: fileMode, flag: 'wx', flush: true });
  renameSync(aside, path);
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
