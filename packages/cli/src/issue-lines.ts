import type { z } from 'zod';

/** Each problem as one sentence: `nats.servers: Invalid input: expected array, received undefined`. */
export function issueLines(error: z.ZodError, under: readonly PropertyKey[] = []): string[] {
  return error.issues.map((issue) => `${pathText([...under, ...issue.path]) || 'file'}: ${issue.message}`);
}

/** A place in a document: `cloud.commandKeys.keys[0].d`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`))
    .join('');
}
