import { z } from 'zod';
import { machineSchema } from '../machine/machine.ts';

const targetSchema = z.object({ relation: z.enum(['at_most', 'at_least', 'exactly']), value: z.number() });

/** What a metric should be. */
export type Target = z.infer<typeof targetSchema>;

/** One line of a report. */
export const resultSchema = z.object({
  metric: z.string(),
  unit: z.string(),
  /** Median over the runs; null when it could not be measured, and then `note` says why. */
  value: z.number().nullable(),
  /** Null: a figure for the record, nothing is promised. */
  target: targetSchema.nullable(),
  /** Whether the target is met; null without a target. What could not be measured is not met. */
  ok: z.boolean().nullable(),
  /** Smallest and largest run; null when it could not be measured. */
  spread: z.object({ min: z.number(), max: z.number() }).nullable(),
  runs: z.number().int(),
  note: z.string().optional(),
});
export type Result = z.infer<typeof resultSchema>;

/** The one shape of all benches. */
export const reportSchema = z.object({
  bench: z.string(),
  /** False for --quick: small inputs and few runs, so its figures only show that the bench works. */
  full: z.boolean(),
  machine: machineSchema,
  results: z.array(resultSchema),
});
export type Report = z.infer<typeof reportSchema>;
