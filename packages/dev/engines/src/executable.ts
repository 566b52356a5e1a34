import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Whether the path is a file that this user may run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // absent and forbidden are the same answer: it cannot be run
  }
}

/** Every runnable file of this name on the search path, first found first; relative entries are passed over. */
export async function onPath(name: string, searchPath: string | undefined): Promise<string[]> {
  const found: string[] = [];
  for (const folder of (searchPath ?? '').split(delimiter)) {
    if (!folder.startsWith('/')) continue;
    const file = join(folder, name);
    if (await isExecutable(file)) found.push(file);
  }
  return found;
}
