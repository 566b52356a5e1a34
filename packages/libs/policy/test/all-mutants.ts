import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Mutant } from '../mutants/mutant.ts';

/** The package's folder. */
export const PACKAGE = fileURLToPath(new URL('../', import.meta.url));

const moduleSchema = z.object({
  mutants: z.array(
    z.strictObject({ rule: z.string().min(1), file: z.string(), find: z.string().min(1), replace: z.string() }),
  ),
});

/** A mutant with where it is written down. */
export interface NamedMutant extends Mutant {
  /** `network-policy.ts[3]: ports absent means all of them` */
  readonly name: string;
}

/** Every mutant of `mutants/`, in order of files. */
export async function allMutants(): Promise<readonly NamedMutant[]> {
  const folder = new URL('../mutants/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts') && file !== 'mutant.ts').toSorted();
  const lists = await Promise.all(
    files.map(async (file) => {
      const imported: unknown = await import(new URL(file, folder).href);
      const { mutants } = moduleSchema.parse(imported);
      return mutants.map((mutant, at) => ({ ...mutant, name: `${file}[${at}]: ${mutant.rule}` }));
    }),
  );
  return lists.flat();
}

/** The text with the mutant's change. @throws Error when what it changes does not stand there exactly once */
export function mutate(text: string, { name, file, find, replace }: NamedMutant): string {
  const times = text.split(find).length - 1;
  if (times !== 1) throw new Error(`${name}: its text occurs ${times} times in src/${file}`);
  if (find === replace) throw new Error(`${name}: it changes nothing`);
  return text.replace(find, () => replace);
}
