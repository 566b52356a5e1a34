import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

/**
 * Writes kestrelctl with everything it needs as one ES module for Node 24: the repository's packages run from their sources
 * and cannot be installed elsewhere, since Node strips no types below node_modules.
 */
export async function bundle(outFile: string): Promise<void> {
  await build({
    input: fileURLToPath(new URL('./main.ts', import.meta.url)),
    platform: 'node',
    logLevel: 'warn',
    output: { file: outFile, format: 'esm', minify: true, codeSplitting: false, banner: '#!/usr/bin/env node' },
  });
}
