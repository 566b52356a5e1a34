import { hostname } from 'node:os';
import { readEnv } from './env.ts';
import { variable } from './variable.ts';

/** The variables that every service has. */
export const runtimeShape = {
  LOG_LEVEL: variable.choice({
    description: 'Least severe level that is logged',
    of: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
    default: 'info',
  }),
  LOG_FORMAT: variable.choice({
    description: 'json: one object per line; pretty: for people',
    of: ['json', 'pretty'],
    default: 'json',
  }),
  ADMIN_HOST: variable.text({
    description: 'Address of the admin server; a kubelet reaches probes only on the pod address',
    default: '0.0.0.0',
  }),
  ADMIN_PORT: variable.integer({
    description: 'Port of /livez, /readyz, /metrics and /statusz; 0 takes any free one',
    min: 0,
    max: 65_535,
    default: 9_090,
  }),
  ADMIN_PORT_FILE: variable
    .text({ description: 'File that gets the admin port once it is bound, removed at the end' })
    .optional(),
  INSTANCE: variable
    .text({ description: "This process's name; else POD_NAME, else host-pid", lengthMax: 253 })
    .optional(),
  POD_NAME: variable.text({ description: 'Name of the pod, from the downward API', lengthMax: 253 }).optional(),
  SHUTDOWN_DELAY_MS: variable.duration({
    description: 'Time between dropping readiness and stopping, for load balancers to notice',
    minMs: 0,
    maxMs: 60_000,
    default: 0,
  }),
  SHUTDOWN_GRACE_MS: variable.duration({
    description: 'Longest orderly stop; keep it under terminationGracePeriodSeconds',
    minMs: 100,
    maxMs: 600_000,
    default: 25_000,
  }),
};

export interface RuntimeSettings {
  logLevel: string;
  logFormat: 'json' | 'pretty';
  adminHost: string;
  adminPort: number;
  adminPortFile: string | undefined;
  instance: string;
  shutdownDelayMs: number;
  shutdownGraceMs: number;
}

/** The settings that every service shares. Throws ConfigError. */
export function readRuntimeSettings(env: Readonly<Record<string, string | undefined>>): RuntimeSettings {
  const values = readEnv(env, runtimeShape, (relate) => {
    relate(['SHUTDOWN_DELAY_MS', 'SHUTDOWN_GRACE_MS'], (v) =>
      v.SHUTDOWN_DELAY_MS < v.SHUTDOWN_GRACE_MS ? undefined : 'the delay must be shorter than the grace period',
    );
  });
  return {
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
    adminHost: values.ADMIN_HOST,
    adminPort: values.ADMIN_PORT,
    adminPortFile: values.ADMIN_PORT_FILE,
    instance: values.INSTANCE ?? values.POD_NAME ?? `${hostname()}-${process.pid}`,
    shutdownDelayMs: values.SHUTDOWN_DELAY_MS,
    shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
  };
}
