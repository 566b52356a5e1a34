import { logVerbosity, setLogger, setLogVerbosity } from '@grpc/grpc-js';
import type { Logger } from '@kestrel/runtime';

/**
 * Sends what grpc-js says of itself (a proxy that refuses, a context that cannot be set) to the log instead of plain
 * text on stderr. grpc-js has one logger per process, so a service calls this once, at its start.
 */
export function routeGrpcLog(log: Logger): void {
  const to =
    (level: 'error' | 'info' | 'debug') =>
    (first?: unknown, ...rest: unknown[]) => {
      log[level](
        { library: 'grpc-js' },
        [first, ...rest]
          .map(String)
          .join(' ')
          .replace(/^[EDI] /, ''),
      );
    };
  setLogger({ error: to('error'), info: to('info'), debug: to('debug') });
  setLogVerbosity(logVerbosity.ERROR);
}
