/** How deep and how wide an error's causes are followed, and how much of each message is kept. */
const chainLinksMax = 8;
const messageCharsMax = 2_000;

export interface OperationalErrorOptions {
  /** Whether the same call may succeed later without anybody changing anything. Default: true. */
  retryable?: boolean;
  /** What was caught. */
  cause?: unknown;
}

/**
 * A failure that a correct program must expect: a peer is away, a token is expired, a message is too large.
 * Everything else that is thrown is a programmer's error and ends the process.
 */
export class OperationalError extends Error {
  override readonly name: string = 'OperationalError';
  /** What happened, as a stable snake_case name that callers, metrics and tests may compare. */
  readonly code: string;
  /** Whether trying again may help. */
  readonly retryable: boolean;

  constructor(code: string, message: string, options: OperationalErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? true;
  }
}

/** The configuration cannot be used. It names every problem, not only the first, so that one look is enough. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
  /** One sentence for each problem, beginning with the variable's name. */
  readonly problems: string[];

  constructor(problems: string[]) {
    super(`the configuration has ${problems.length} problem(s): ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/** One error of a chain, without its stack. */
export interface ErrorLink {
  name: string;
  message: string;
  code?: string;
}

/**
 * The error and all that caused it, outermost first: `cause`s, and the members of an AggregateError (Node reports
 * "connection refused" on two addresses as one). At most 8 links, each message cut at 2,000 characters; cycles end.
 */
export function errorChain(error: unknown): ErrorLink[] {
  return unrollErrors(error).map(toLink);
}

/** The values of {@link errorChain} themselves, for whoever needs a stack. */
export function unrollErrors(error: unknown): unknown[] {
  const found: unknown[] = [];
  const pending: unknown[] = [error];
  while (pending.length > 0 && found.length < chainLinksMax) {
    const next = pending.shift();
    if (found.includes(next)) continue;
    found.push(next);
    if (next instanceof AggregateError) pending.push(...next.errors.slice(0, chainLinksMax));
    if (next instanceof Error && next.cause !== undefined) pending.push(next.cause);
  }
  return found;
}

function toLink(error: unknown): ErrorLink {
  if (!(error instanceof Error)) return { name: typeof error, message: clip(describe(error)) };
  const code = 'code' in error ? error.code : undefined;
  const link: ErrorLink = { name: error.name, message: clip(error.message) };
  return typeof code === 'string' || typeof code === 'number' ? { ...link, code: String(code) } : link;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // Cyclic or with a bigint: its tag is all that can be said of it safely.
    return Object.prototype.toString.call(value);
  }
}

function clip(text: string): string {
  return text.length <= messageCharsMax ? text : `${text.slice(0, messageCharsMax)}… (${text.length} characters)`;
}
