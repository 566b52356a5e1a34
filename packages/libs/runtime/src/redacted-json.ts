import { redactValue } from './redaction.ts';

/** The value as JSON fit for a terminal or an HTTP answer: secrets redacted, bigint as text, bounded in depth and size. */
export function redactedJson(value: unknown, indent?: number): string {
  return JSON.stringify(redactValue(value) ?? null, null, indent);
}
