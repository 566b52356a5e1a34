import process from 'node:process';
import type { z } from 'zod';
import { callSchema, type replySchema } from './actor-messages.ts';

/** What an actor can be asked to do: each method checks its own parameters. */
export type ActorMethods = Readonly<Record<string, (params: unknown) => unknown>>;

/** Serves the methods to the driver that forked this process, and ends with it. */
export function serveActor(methods: ActorMethods): void {
  if (process.send === undefined) throw new Error('an actor is started by the bench, not by hand');
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the driver ends its actors in order
  process.on('disconnect', () => process.exit());
  process.on('message', (message) => {
    const { id, method, params } = callSchema.parse(message);
    answer(methods, method, params).then(
      (result) => reply({ id, result }),
      (error: unknown) => reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
}

async function answer(methods: ActorMethods, method: string, params: unknown): Promise<unknown> {
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (handler === undefined) throw new Error(`no method ${method}`);
  return await handler(params);
}

function reply(message: z.infer<typeof replySchema>): void {
  process.send?.(message);
}
