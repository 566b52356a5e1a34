import { z } from 'zod';

// What the driver and its actors (processes of their own) say to each other over node's IPC channel, as JSON.

/** Driver to actor. */
export const callSchema = z.object({ id: z.number(), method: z.string(), params: z.unknown() });

/** Actor to driver; exactly one for each call. */
export const replySchema = z.union([
  z.object({ id: z.number(), result: z.unknown() }),
  z.object({ id: z.number(), error: z.string() }),
]);
