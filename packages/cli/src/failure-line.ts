import { errorChain, OperationalError } from '@kestrel/runtime';

/** An expected failure as one line for stderr: `kestrelctl: <message> (<code>)`. */
export function failureLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof OperationalError ? error.code : errorChain(error)[0]?.code;
  return `kestrelctl: ${oneLine(message)}${code === undefined ? '' : ` (${code})`}\n`;
}

/** The messages of an error and all that caused it, as one line. */
export function reasonOf(error: unknown): string {
  const messages = errorChain(error).map((link) => link.message);
  // Node's "connect ECONNREFUSED" on two addresses is an AggregateError without a message of its own; and whoever wraps
  // an error often repeats it.
  const told = messages.filter(
    (message, at) => message !== '' && !messages.slice(0, at).some((m) => m.includes(message)),
  );
  return oneLine(told.join(': '));
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, '; ').trim();
}
