import { z } from 'zod';

// What the driver asks of a link.

/** `delayMs` is one way; a round trip takes twice as long. */
export const startSchema = z.object({ targetPort: z.number().int(), delayMs: z.number().min(0) });

export const startedSchema = z.object({ port: z.number() });

/** Bytes that have passed so far. */
export const deliveredSchema = z.object({ toTarget: z.number() });
