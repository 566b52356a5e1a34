import { pino } from 'pino';
import { prettyLine } from './pretty-line.ts';
import { isSecretName, redactLine, redactValue } from './redaction.ts';
import { redacted } from './secret.ts';

/** Structured logging: `log.info({ field: 1 }, 'lower-case present tense message')`. */
export type Logger = pino.Logger;

export interface LoggerOptions {
  service: string;
  /** Pod name or host-pid. */
  instance?: string;
  /** trace, debug, info (default), warn, error, fatal or silent. */
  level?: string;
  /** json (default): one object per line. pretty: one line for people, for the demo. */
  format?: 'json' | 'pretty';
  /** Where lines go. Default: standard output, written synchronously so that a crash loses none. */
  destination?: pino.DestinationStream;
}

/**
 * A JSON logger that cannot leak: secret fields and secret-looking values are redacted wherever they stand (fields,
 * bindings, messages, errors, stacks), errors show their whole chain of causes with codes, and every line is bounded.
 */
export function createLogger(options: LoggerOptions): Logger {
  const target = options.destination ?? pino.destination({ fd: 1, sync: true });
  const base = options.instance === undefined ? {} : { instance: options.instance };
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service, ...base },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redactFields(fields),
      },
      serializers: { err: (shown: unknown) => shown }, // redactFields has written it out; pino's own would add to it
      hooks: { streamWrite: redactLine },
    },
    options.format === 'pretty' ? { write: (line) => target.write(prettyLine(line)) } : target,
  );
}

function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isSecretName(name) ? redacted : redactValue(value)]),
  );
}
