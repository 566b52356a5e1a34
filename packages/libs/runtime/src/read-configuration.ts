import { ConfigError } from './errors.ts';
import { redactedJson } from './redacted-json.ts';
import type { RuntimeSettings } from './runtime-settings.ts';
import { readRuntimeSettings } from './runtime-settings.ts';

type Env = Record<string, string | undefined>;

type Configuration<C> =
  | { kind: 'wrong'; problems: string[] }
  | { kind: 'checked'; json: string }
  | { kind: 'run'; settings: RuntimeSettings; config: C };

/** Arguments and environment → what to do. All problems of the runtime's and the service's variables come together. */
export function readConfiguration<C>(
  definition: { readConfig: (env: Env) => C },
  env: Env,
  args: readonly string[],
): Configuration<C> {
  const unknown = args.filter((argument) => argument !== '--check-config');
  const settings = attempt(() => readRuntimeSettings(env));
  const config = attempt(() => definition.readConfig(env));
  const problems = [
    ...unknown.map((argument) => `${argument}: unknown argument`),
    ...settings.problems,
    ...config.problems,
  ];
  if (!settings.ok || !config.ok || problems.length > 0) return { kind: 'wrong', problems };
  if (args.length === 0) return { kind: 'run', settings: settings.value, config: config.value };
  return { kind: 'checked', json: redactedJson({ runtime: settings.value, service: config.value }, 2) };
}

type Attempt<T> = { ok: true; value: T; problems: [] } | { ok: false; problems: string[] };

function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { ok: true, value: read(), problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, problems: error.problems };
    throw error;
  }
}
