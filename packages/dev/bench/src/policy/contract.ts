import { z } from 'zod';

// What the driver asks of a process that measures the policy library. Each measurement has a process of its own.

/** What is measured; everything that it needs is prepared before the clock runs. */
export const MEASUREMENTS = [
  'read',
  'compile',
  'outcomes',
  'verdicts',
  'matrix',
  'simulate',
  'effectiveness',
  'recommend',
] as const;
export type Measurement = (typeof MEASUREMENTS)[number];

export const measureSchema = z.object({
  what: z.enum(MEASUREMENTS),
  size: z.object({
    pods: z.number().int().positive(),
    policies: z.number().int().positive(),
    edges: z.number().int().positive(),
  }),
});

export const measuredSchema = z.object({
  /** User and system time of all threads of the process: what one core would have needed. */
  cpuSeconds: z.number(),
  wallSeconds: z.number(),
  /** How many times the thing was done in that time. */
  times: z.number(),
  /** What came out, by name, so that a measurement of nothing is noticed. */
  outcome: z.record(z.string(), z.number()),
});
export type Measured = z.infer<typeof measuredSchema>;
