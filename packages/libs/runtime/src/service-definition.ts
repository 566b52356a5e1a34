import type { ServiceContext } from './service-context.ts';

/** A service: its name, how its configuration is read, and how it is started. */
export interface ServiceDefinition<C> {
  name: string;
  /** Environment → configuration. Throws ConfigError with all problems. */
  readConfig: (env: Record<string, string | undefined>) => C;
  /** Starts everything and returns what stops it, in the reverse order. */
  start: (context: ServiceContext<C>) => Promise<AsyncDisposable>;
}
