import { createLogger } from './logger.ts';
import type { Logger } from './logger.ts';
import { readConfiguration } from './read-configuration.ts';
import type { RuntimeSettings } from './runtime-settings.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { ServiceLife } from './service-life.ts';

/** Longer than any process lives between two ticks: what keeps the event loop from running empty. */
const holdTickMs = 2 ** 30;

/**
 * Runs a service as this process and ends with it; a `main.ts` is this one call, and this is the one place that
 * touches environment, arguments, signals and exit code.
 * `--check-config` prints the redacted configuration and ends. Exit codes: 0 stopped in order, 1 failed, crashed or
 * was forced, 2 the configuration or the arguments are wrong.
 */
export async function runService<C>(definition: ServiceDefinition<C>): Promise<void> {
  // oxlint-disable-next-line node/no-process-env -- the one place that reads it
  const configuration = readConfiguration(definition, process.env, process.argv.slice(2));
  switch (configuration.kind) {
    case 'wrong':
      process.stderr.write(configuration.problems.map((problem) => `${definition.name}: ${problem}\n`).join(''));
      process.exitCode = 2;
      return;
    case 'checked':
      process.stdout.write(`${configuration.json}\n`);
      return;
    case 'run':
      return runToTheEnd(definition, configuration.settings, configuration.config);
  }
}

async function runToTheEnd<C>(definition: ServiceDefinition<C>, settings: RuntimeSettings, config: C): Promise<void> {
  const log = createLogger({
    service: definition.name,
    instance: settings.instance,
    level: settings.logLevel,
    format: settings.logFormat,
  });
  crashOnProgrammerErrors(log);
  const force = (why: string) => {
    log.fatal(why);
    process.exit(1);
  };
  const life = new ServiceLife({ definition, settings, config, log, onGraceExceeded: force });
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (!life.stop(name)) force(`received ${name} while stopping: exits at once`);
    });
  }
  // Without it, a service that only waits on unref'd timers would end with "unsettled top-level await", exit 13.
  const hold = setInterval(() => undefined, holdTickMs);
  const exitCode = await life.run();
  clearInterval(hold);
  process.exit(exitCode);
}

/** An unhandled rejection arrives here too: its origin says so. */
function crashOnProgrammerErrors(log: Logger): void {
  process.on('uncaughtException', (error, origin) => {
    log.fatal({ err: error, origin }, 'crashes on an unexpected error');
    process.exit(1);
  });
}
