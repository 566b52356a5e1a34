import { z } from 'zod';

// What the driver asks of the synthetic API server.

export const startSchema = z.object({
  pods: z.number().int().min(1),
  token: z.string(),
  certPem: z.string(),
  keyPem: z.string(),
});

export const startedSchema = z.object({ port: z.number() });

export const refuseSchema = z.object({ watchList: z.boolean() });

export const churnSchema = z.object({ perSecond: z.number().min(1) });

export const changesSchema = z.object({ afterVersion: z.number() });

/** Parallel arrays: tens of thousands of changes pass the channel. */
export const changesResultSchema = z.object({ versions: z.array(z.number()), atMs: z.array(z.number()) });

export const versionSchema = z.object({ version: z.number() });
