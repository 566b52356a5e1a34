import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { reasonOf } from '../../failure-line.ts';
import type { InputError } from './input-error.ts';

/** A larger file is refused: it is parsed whole, and a string of JavaScript ends at half a gigabyte. */
const fileBytesMax = 256 * 1_024 * 1_024;
const EXTENSIONS = new Set(['.yaml', '.yml', '.json']);

/** A file with manifests. */
export interface ManifestFile {
  /** Its name as reached from what was given. */
  readonly source: string;
  readonly text: string;
}

/** What was found below the given files and folders. */
export interface ManifestFiles {
  readonly files: readonly ManifestFile[];
  readonly errors: readonly InputError[];
}

/**
 * Reads every .yaml, .yml and .json below the folders, in order of their names; a file that is named itself may have any
 * name. Names that begin with a dot are passed over (`.git`, the `..data` of a mounted ConfigMap). Links are followed; a file
 * that is reached twice is read once, and a link to a folder above itself is an error.
 */
export async function readManifestFiles(given: readonly string[], cwd: string): Promise<ManifestFiles> {
  const found: Found = { files: [], errors: [], seen: new Set(), reached: 0 };
  for (const path of given) {
    const before = found.reached + found.errors.length;
    await visit(found, path, resolve(cwd, path), { above: [], named: true });
    if (found.reached + found.errors.length > before) continue;
    found.errors.push({ source: path, message: 'no .yaml, .yml or .json file below it', code: 'nothing_found' });
  }
  return found;
}

interface Found {
  readonly files: ManifestFile[];
  readonly errors: InputError[];
  /** Real names of all that was visited. */
  readonly seen: Set<string>;
  /** Manifests on the way, also those that were read before. */
  reached: number;
}

interface Place {
  /** Real names of the folders above. */
  readonly above: readonly string[];
  /** It was given by name, so its extension does not matter. */
  readonly named: boolean;
}

async function visit(found: Found, source: string, path: string, place: Place): Promise<void> {
  try {
    const real = await realpath(path);
    const { isFolder, size, isFile } = await describe(real);
    if (place.above.includes(real)) {
      found.errors.push({ source, message: 'a symbolic link to a folder above itself', code: 'symlink_loop' });
      return;
    }
    const wanted = isFolder || place.named || EXTENSIONS.has(extname(source).toLowerCase());
    if (!wanted) return;
    if (!isFolder) found.reached += 1;
    if (found.seen.has(real)) return;
    found.seen.add(real);
    if (isFolder) {
      const names = (await readdir(real)).filter((name) => !name.startsWith('.')).toSorted();
      const inside = { above: [...place.above, real], named: false };
      for (const name of names) await visit(found, join(source, name), join(real, name), inside);
    } else if (!isFile) {
      found.errors.push({ source, message: 'no regular file', code: 'unreadable' });
    } else if (size > fileBytesMax) {
      found.errors.push({ source, message: `larger than ${fileBytesMax} bytes`, code: 'too_large' });
    } else {
      found.files.push({ source, text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(real)) });
    }
  } catch (error) {
    found.errors.push({ source, ...unreadable(error) });
  }
}

async function describe(path: string): Promise<{ isFolder: boolean; isFile: boolean; size: number }> {
  const stats = await stat(path);
  return { isFolder: stats.isDirectory(), isFile: stats.isFile(), size: stats.size };
}

function unreadable(error: unknown): Pick<InputError, 'message' | 'code'> {
  const isLoop = error instanceof Error && 'code' in error && error.code === 'ELOOP';
  if (isLoop) return { message: 'a symbolic link that leads to itself', code: 'symlink_loop' };
  return { message: reasonOf(error), code: 'unreadable' };
}
