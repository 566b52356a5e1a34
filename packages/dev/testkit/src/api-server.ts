import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { findEngine } from '@kestrel/engines';

import { certificateAuthority } from './certificate-authority.ts';
import { EngineServer } from './engine-server.ts';
import { httpsClient } from './https-json.ts';
import { kubeconfig } from './kubeconfig.ts';

/** A dev stack may be left running for days. */
const servingDays = 30;

/** How to run a kube-apiserver. */
export interface ApiServerOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly etcdUrl: string;
  /** Stands for the user `admin` in the group `system:masters`. */
  readonly adminToken: string;
  /** Where the webhook token authenticator answers. */
  readonly tokenReviewUrl: string;
  /** Laid over the default arguments; the last of equal flags wins. */
  readonly args: readonly string[];
}

/** A real kube-apiserver on 127.0.0.1. */
export interface ApiServer {
  readonly url: string;
  readonly caFile: string;
  readonly caPem: string;
  readonly server: EngineServer;
}

/** Starts kube-apiserver and returns once /readyz says so. */
export async function startApiServer(o: ApiServerOptions): Promise<ApiServer> {
  const url = `https://127.0.0.1:${o.port}`;
  const pki = join(o.dataDir, 'pki');
  await mkdir(pki, { recursive: true, mode: 0o700 });
  const caPem = await writePki(pki, o);
  const caFile = join(pki, 'ca.crt');
  const client = httpsClient({ url, caPem, token: o.adminToken });
  const server = await EngineServer.start({
    name: 'kube-apiserver',
    command: (await findEngine('kube-apiserver')).path,
    args: [...defaultArgs(pki, o), ...o.args],
    logFile: join(o.dataDir, 'kube-apiserver.log'),
    ready: async (signal) => (await client({ method: 'GET', path: '/readyz', signal })).status === 200,
  });
  return { url, caFile, caPem, server };
}

function defaultArgs(pki: string, o: ApiServerOptions): string[] {
  return [
    `--etcd-servers=${o.etcdUrl}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${o.port}`,
    `--cert-dir=${pki}`,
    `--tls-cert-file=${join(pki, 'apiserver.crt')}`,
    `--tls-private-key-file=${join(pki, 'apiserver.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(pki, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(pki, 'sa.key')}`,
    `--token-auth-file=${join(pki, 'tokens.csv')}`,
    `--authentication-token-webhook-config-file=${join(pki, 'token-review.json')}`,
    '--authentication-token-webhook-version=v1',
    '--authentication-token-webhook-cache-ttl=0s',
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--allow-privileged=true',
    // No controller makes the default service accounts that this plugin asks for.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

async function writePki(pki: string, o: ApiServerOptions): Promise<string> {
  const ca = await certificateAuthority('kestrel-testkit kube-apiserver');
  const serving = await ca.issue({
    commonName: 'kube-apiserver',
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1', '10.96.0.1'],
    clientAuth: false,
    notAfter: new Date(Date.now() + servingDays * 86_400_000),
  });
  const serviceAccounts = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files: Record<string, string> = {
    'ca.crt': ca.certPem,
    'apiserver.crt': serving.certPem,
    'apiserver.key': serving.keyPem,
    'sa.key': serviceAccounts.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'sa.pub': serviceAccounts.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'tokens.csv': `${o.adminToken},admin,admin,system:masters\n`,
    'token-review.json': kubeconfig({ url: o.tokenReviewUrl }),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(pki, name), content, { mode: 0o600 });
  return ca.certPem;
}
