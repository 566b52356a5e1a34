import { readFileSync } from 'node:fs';
import { errorChain, readEnv, variable } from '@kestrel/runtime';
import type { EnvValues, Relate, Secret } from '@kestrel/runtime';
import { commandKeysSchema } from '@kestrel/trust';
import { z } from 'zod';
import type { ProxyConfig } from './proxy-url.ts';
import { address, authoritiesFile, busAddresses, userSeedFile } from './config-checks.ts';

const filesBytesMax = 256 * 1024;

const keysFile = z.string().transform((path, context) => {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > filesBytesMax) throw new Error('too large');
    const parsed = commandKeysSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    context.addIssue(`holds no JWKS of Ed25519 public keys: ${z.prettifyError(parsed.error)}`);
  } catch (error) {
    const [link] = errorChain(error);
    context.addIssue(`cannot be read as JSON: ${link?.code ?? link?.name ?? 'unknown'}`);
  }
  return z.NEVER;
});

export const shape = {
  CLUSTER_ID: variable.text({
    description: 'Id of the cluster at the cloud; certificate and token must name the same',
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    lengthMax: 253,
  }),
  CLOUD_ADDRESS: address('Where the session goes, host:port'),
  CLOUD_SERVER_NAME: variable
    .text({ description: "Name that the cloud's certificate must carry, when it is not the host" })
    .optional(),
  CLOUD_CA_FILE: authoritiesFile('Authorities to trust for the cloud, PEM; else the public ones').optional(),
  ENROLLMENT_ADDRESS: address('Where certificates are enrolled, host:port; else CLOUD_ADDRESS').optional(),
  CLIENT_CERT_FILE: variable
    .file({ description: 'Given client certificate, PEM; then nothing is enrolled' })
    .optional(),
  CLIENT_KEY_FILE: variable.file({ description: 'Its private key, PEM' }).optional(),
  CERTIFICATE_DIR: variable.text({ description: 'Directory that keeps the enrolled certificate' }).optional(),
  CERTIFICATE_SECRET: variable
    .text({ description: 'Secret that keeps the enrolled certificate', pattern: /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/ })
    .optional(),
  POD_NAMESPACE: variable.text({ description: 'Namespace of that Secret', lengthMax: 63 }).optional(),
  KUBERNETES_SERVICE_HOST: variable.text({ description: 'API server, set in every pod' }).optional(),
  KUBERNETES_SERVICE_PORT: variable.integer({
    description: 'Its port, set in every pod',
    min: 1,
    max: 65_535,
    default: 443,
  }),
  SERVICE_ACCOUNT_DIR: variable.text({
    description: "Directory of the pod's token and ca.crt",
    default: '/var/run/secrets/kubernetes.io/serviceaccount',
  }),
  OAUTH2_ISSUER: variable.url({ description: 'Issuer of access tokens', schemes: ['https'] }),
  OAUTH2_CLIENT_ID: variable.text({ description: 'Client id' }),
  OAUTH2_CLIENT_SECRET_FILE: variable.secretFile({ description: 'Client secret' }).optional(),
  OAUTH2_PRIVATE_KEY_FILE: variable
    .secretFile({ description: 'Private key for private_key_jwt, PEM, in place of a secret' })
    .optional(),
  OAUTH2_KEY_ID: variable.text({ description: 'Id of that key at the issuer' }).optional(),
  OAUTH2_AUDIENCE: variable.text({ description: 'Audience to ask for' }).optional(),
  OAUTH2_RESOURCE: variable.text({ description: 'Resource to ask for (RFC 8707)' }).optional(),
  OAUTH2_SCOPE: variable.text({ description: 'Scope to ask for' }).optional(),
  OAUTH2_CA_FILE: authoritiesFile('Authorities to trust for the issuer, PEM').optional(),
  COMMAND_KEYS_FILE: keysFile.meta({ description: "JWKS of the cloud's public command keys, pinned" }),
  NATS_URLS: busAddresses('NATS servers, nats://host:4222 or tls://host:4222, separated by commas'),
  NATS_DATA_SEED_FILE: userSeedFile('nkey seed of user uplink-data'),
  NATS_CONTROL_SEED_FILE: userSeedFile('nkey seed of user uplink-control'),
  NATS_CA_FILE: authoritiesFile('Authorities to trust for NATS, PEM; given: TLS or nothing').optional(),
  STREAM_REPLICAS: z
    .enum(['1', '3', '5'], 'is none of 1, 3, 5')
    .prefault('1')
    .meta({ description: 'Replicas of the streams and buckets that the uplink makes' }),
  HTTPS_PROXY: variable
    .url({ description: 'Proxy for cloud and issuer, http://host:port', schemes: ['http'] })
    .optional(),
  HTTPS_PROXY_CREDENTIALS_FILE: variable.secretFile({ description: 'user:password for that proxy' }).optional(),
  NO_PROXY: variable.text({ description: 'Hosts that are reached without it' }).optional(),
};

type Values = EnvValues<typeof shape>;
type CommandKeysDocument = Values['COMMAND_KEYS_FILE'];

/** Where the client certificate comes from. */
export type CertificateConfig =
  | { readonly kind: 'given'; readonly certFile: string; readonly keyFile: string }
  | { readonly kind: 'directory'; readonly directory: string }
  | {
      readonly kind: 'secret';
      readonly namespace: string;
      readonly name: string;
      readonly apiServer: { readonly host: string; readonly port: number };
      readonly serviceAccountDir: string;
    };

export interface UplinkConfig {
  readonly clusterId: string;
  readonly cloud: {
    readonly address: string;
    readonly serverName: string | undefined;
    readonly caFile: string | undefined;
    readonly enrollmentAddress: string;
  };
  readonly certificate: CertificateConfig;
  readonly oauth2: {
    readonly issuer: string;
    readonly clientId: string;
    readonly clientSecret: Secret | undefined;
    readonly privateKey: Secret | undefined;
    readonly keyId: string | undefined;
    readonly audience: string | undefined;
    readonly resource: string | undefined;
    readonly scope: string | undefined;
    readonly caFile: string | undefined;
  };
  readonly commandKeys: CommandKeysDocument;
  readonly nats: {
    readonly servers: readonly string[];
    readonly dataSeed: Secret;
    readonly controlSeed: Secret;
    readonly caFile: string | undefined;
    readonly replicas: 1 | 3 | 5;
  };
  readonly proxy: ProxyConfig;
}

/** @throws ConfigError with every problem */
export function readConfig(env: Readonly<Record<string, string | undefined>>): UplinkConfig {
  const v = readEnv(withLowerCaseProxies(env), shape, relations);
  return {
    clusterId: v.CLUSTER_ID,
    cloud: {
      address: v.CLOUD_ADDRESS,
      serverName: v.CLOUD_SERVER_NAME,
      caFile: v.CLOUD_CA_FILE,
      enrollmentAddress: v.ENROLLMENT_ADDRESS ?? v.CLOUD_ADDRESS,
    },
    certificate: certificateConfig(v),
    oauth2: {
      issuer: v.OAUTH2_ISSUER,
      clientId: v.OAUTH2_CLIENT_ID,
      clientSecret: v.OAUTH2_CLIENT_SECRET_FILE,
      privateKey: v.OAUTH2_PRIVATE_KEY_FILE,
      keyId: v.OAUTH2_KEY_ID,
      audience: v.OAUTH2_AUDIENCE,
      resource: v.OAUTH2_RESOURCE,
      scope: v.OAUTH2_SCOPE,
      caFile: v.OAUTH2_CA_FILE,
    },
    commandKeys: v.COMMAND_KEYS_FILE,
    nats: {
      servers: v.NATS_URLS,
      dataSeed: v.NATS_DATA_SEED_FILE,
      controlSeed: v.NATS_CONTROL_SEED_FILE,
      caFile: v.NATS_CA_FILE,
      replicas: replicasOf(v.STREAM_REPLICAS),
    },
    proxy: { httpsProxy: v.HTTPS_PROXY, credentials: v.HTTPS_PROXY_CREDENTIALS_FILE, noProxy: v.NO_PROXY },
  };
}

function relations(relate: Relate<typeof shape>): void {
  relate(['CLIENT_CERT_FILE', 'CLIENT_KEY_FILE'], (v) =>
    (v.CLIENT_CERT_FILE === undefined) === (v.CLIENT_KEY_FILE === undefined)
      ? undefined
      : 'are given together or not at all',
  );
  relate(['CLIENT_CERT_FILE', 'CERTIFICATE_DIR', 'CERTIFICATE_SECRET'], (v) => {
    const given = [v.CLIENT_CERT_FILE, v.CERTIFICATE_DIR, v.CERTIFICATE_SECRET].filter((one) => one !== undefined);
    return given.length === 1 ? undefined : 'exactly one of them says where the client certificate comes from';
  });
  relate(['CERTIFICATE_SECRET', 'POD_NAMESPACE', 'KUBERNETES_SERVICE_HOST'], (v) =>
    v.CERTIFICATE_SECRET !== undefined && (v.POD_NAMESPACE === undefined || v.KUBERNETES_SERVICE_HOST === undefined)
      ? 'a Secret needs the namespace and an API server'
      : undefined,
  );
  relate(['OAUTH2_CLIENT_SECRET_FILE', 'OAUTH2_PRIVATE_KEY_FILE'], (v) =>
    (v.OAUTH2_CLIENT_SECRET_FILE === undefined) === (v.OAUTH2_PRIVATE_KEY_FILE === undefined)
      ? 'exactly one of them proves the client'
      : undefined,
  );
  relate(['HTTPS_PROXY', 'HTTPS_PROXY_CREDENTIALS_FILE'], (v) =>
    v.HTTPS_PROXY === undefined && v.HTTPS_PROXY_CREDENTIALS_FILE !== undefined
      ? 'credentials need a proxy'
      : undefined,
  );
  relate(['NATS_URLS'], (v) => (v.NATS_URLS.length === 0 ? 'names no server' : undefined));
  relate(['NATS_URLS', 'NATS_CA_FILE'], (v) =>
    v.NATS_CA_FILE !== undefined && v.NATS_URLS.some((url) => url.startsWith('nats://'))
      ? 'with a CA every address must begin with tls://'
      : undefined,
  );
}

function certificateConfig(v: Values): CertificateConfig {
  if (v.CLIENT_CERT_FILE !== undefined && v.CLIENT_KEY_FILE !== undefined)
    return { kind: 'given', certFile: v.CLIENT_CERT_FILE, keyFile: v.CLIENT_KEY_FILE };
  if (v.CERTIFICATE_DIR !== undefined) return { kind: 'directory', directory: v.CERTIFICATE_DIR };
  return {
    kind: 'secret',
    namespace: v.POD_NAMESPACE ?? '',
    name: v.CERTIFICATE_SECRET ?? '',
    apiServer: { host: v.KUBERNETES_SERVICE_HOST ?? '', port: v.KUBERNETES_SERVICE_PORT },
    serviceAccountDir: v.SERVICE_ACCOUNT_DIR,
  };
}

/** The usual spellings of the proxy variables are lower-case, and win as in curl and Go. */
function withLowerCaseProxies(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return {
    ...env,
    HTTPS_PROXY: env['https_proxy'] ?? env['HTTPS_PROXY'],
    NO_PROXY: env['no_proxy'] ?? env['NO_PROXY'],
  };
}

function replicasOf(text: '1' | '3' | '5'): 1 | 3 | 5 {
  const replicas = { '1': 1, '3': 3, '5': 5 } as const;
  return replicas[text];
}
