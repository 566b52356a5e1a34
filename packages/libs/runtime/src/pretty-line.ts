import { z } from 'zod';

const lineSchema = z.looseObject({
  level: z.string(),
  time: z.string(),
  service: z.string().default('?'),
  instance: z.string().optional(),
  msg: z.string().default(''),
});

const colours: Readonly<Record<string, string>> = { warn: '\u001b[33m', error: '\u001b[31m', fatal: '\u001b[31m' };
const plain = '\u001b[0m';

/** One JSON log line as one line for people: `12:00:00.123 WARN  uplink  message  field=value`. */
export function prettyLine(line: string): string {
  const { level, time, service, instance: _, msg, ...fields } = lineSchema.parse(JSON.parse(line));
  const details = Object.entries(fields).map(([name, value]) => `${name}=${show(value)}`);
  const colour = colours[level];
  const name = level.toUpperCase().padEnd(5);
  const head = `${time.slice(11, 23)} ${colour === undefined ? name : colour + name + plain} ${service.padEnd(14)}`;
  return `${[head + msg, ...details].join('  ')}\n`;
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"]*$/.test(text) || typeof value !== 'string' ? text : JSON.stringify(text);
}
