import { errorChain } from './errors.ts';

/** What a service knows of itself, read when somebody asks. Served as JSON at /statusz, for kestrelctl. */
export interface StatusBoard {
  /** Registers (or replaces) a section. `read` must be cheap and synchronous: it runs for each request. */
  set(section: string, read: () => unknown): void;
  /** All sections. One that throws shows `{ error }` in its place; the others are not lost. */
  read(): Record<string, unknown>;
}

/** An empty status board. */
export function createStatusBoard(): StatusBoard {
  const sections = new Map<string, () => unknown>();
  return {
    set: (section, read) => void sections.set(section, read),
    read: () => Object.fromEntries([...sections].map(([section, read]) => [section, readSection(read)])),
  };
}

function readSection(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return { error: errorChain(error) };
  }
}
