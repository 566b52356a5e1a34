import { readEnv, variable } from '@kestrel/runtime';
import type { DevCloudOptions } from './dev-cloud.ts';

const port = (description: string) =>
  variable.integer({
    description: `${description}; 0: as in the last run, or any free one`,
    min: 0,
    max: 65_535,
    default: 0,
  });

/** The dev cloud's variables. */
export const shape = {
  DATA_DIR: variable.text({ description: 'Folder of everything that outlives the process' }),
  CLUSTER_NAME: variable.text({ description: 'Cluster that is onboarded at the start', default: 'demo' }),
  SESSION_PORT: port('Port of SessionService'),
  ENROLLMENT_PORT: port('Port of EnrollmentService'),
  ISSUER_PORT: port('Port of the OpenID Connect issuer'),
  CONTROL_PORT: port('Port of the control API'),
  STORE: variable.choice({
    description: 'sqlite: every event is kept; count: events are judged and dropped, for benches',
    of: ['sqlite', 'count'],
    default: 'sqlite',
  }),
  TOKEN_TTL: variable.duration({
    description: 'Life of access tokens',
    minMs: 1_000,
    maxMs: 86_400_000,
    default: 3_600_000,
  }),
  CERTIFICATE_LIFETIME: variable.duration({
    description: 'Life of client certificates',
    minMs: 1_000,
    maxMs: 30 * 86_400_000,
    default: 86_400_000,
  }),
};

/** What `main.ts` starts a cloud with. */
export type DevCloudConfig = Omit<DevCloudOptions, 'log' | 'clock'>;

/** Environment → configuration. Throws ConfigError with all problems. */
export function readConfig(env: Record<string, string | undefined>): DevCloudConfig {
  const values = readEnv(env, shape);
  const ports = {
    session: values.SESSION_PORT,
    enrollment: values.ENROLLMENT_PORT,
    issuer: values.ISSUER_PORT,
    control: values.CONTROL_PORT,
  };
  return {
    dataDir: values.DATA_DIR,
    clusterName: values.CLUSTER_NAME,
    ports: Object.fromEntries(Object.entries(ports).filter(([, given]) => given !== 0)),
    store: values.STORE,
    tokenTtlMs: values.TOKEN_TTL,
    certificateLifetimeMs: values.CERTIFICATE_LIFETIME,
  };
}
