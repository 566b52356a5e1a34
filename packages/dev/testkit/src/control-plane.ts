import { randomBytes } from 'node:crypto';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startApiServer } from './api-server.ts';
import type { EngineServer } from './engine-server.ts';
import { startEtcd } from './etcd.ts';
import { freePort } from './free-port.ts';
import { httpsClient } from './https-json.ts';
import { KubeClient } from './kube-client.ts';
import { kubeconfig } from './kubeconfig.ts';
import { tempDir } from './temp-dir.ts';
import { startTokenAuthority } from './token-authority.ts';

/** How to run a control plane. */
export interface ControlPlaneOptions {
  /**
   * Folder that is kept on disposal; default: a temp folder that is removed. Started again on it, the objects are there;
   * keys, certificates and tokens are new.
   */
  readonly dataDir?: string;
  /** The API server's port; default: a free one, kept over restarts. */
  readonly port?: number;
  /** More arguments for kube-apiserver; the last of equal flags wins. */
  readonly args?: readonly string[];
}

/**
 * A real etcd and kube-apiserver on 127.0.0.1: RBAC, service account tokens, every API of the release. No controllers:
 * nothing makes pods of deployments, finalizes namespaces or collects orphans. Disposing stops the API server first.
 */
export interface ControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly caFile: string;
  readonly caPem: string;
  /** The administrator's kubeconfig. */
  readonly kubeconfigFile: string;
  readonly adminToken: string;
  readonly dataDir: string;
  readonly kube: KubeClient;
  readonly etcd: EngineServer;
  readonly apiserver: EngineServer;
  /** A new token for this user, valid until revoked; what the user may do is RBAC's matter. */
  token(user: string, groups?: readonly string[]): string;
  /** Takes effect within about ten seconds: the API server caches every token that it accepted that long, unconditionally. */
  revokeToken(token: string): void;
  /** A kubeconfig for the token, as text. */
  kubeconfig(token: string): string;
  /** Orderly stop, if it runs, and start; ready on return. */
  restartApiServer(): Promise<void>;
  /** SIGKILL; start it again with {@link restartApiServer}. */
  kill9ApiServer(): Promise<void>;
  /**
   * Compacts etcd to its present revision, which it returns. The API server still answers older watches from its own
   * watch cache; after {@link restartApiServer} they get 410 Gone.
   */
  compact(): Promise<bigint>;
  /** Stops both, copies etcd's data to the folder, starts both. */
  snapshot(to: string): Promise<void>;
  /** Stops both, puts the copied data in place of the present ones, starts both: versions go back. */
  restore(from: string): Promise<void>;
}

/** Starts etcd and kube-apiserver; ready on return. @throws EngineError, or Error with the program's output */
export async function startControlPlane(o: ControlPlaneOptions = {}): Promise<ControlPlane> {
  await using starting = new AsyncDisposableStack();
  const dataDir = o.dataDir ?? starting.use(await tempDir('kestrel-kube-')).path;
  await mkdir(dataDir, { recursive: true });
  const port = o.port ?? (await freePort());
  const adminToken = randomBytes(24).toString('base64url');
  const tokens = starting.use(await startTokenAuthority());
  const etcd = await startEtcd({ dataDir });
  starting.use(etcd.server);
  const apiserver = await startApiServer({
    dataDir,
    port,
    adminToken,
    etcdUrl: etcd.url,
    tokenReviewUrl: tokens.url,
    args: o.args ?? [],
  });
  starting.use(apiserver.server);

  const { url, caFile, caPem } = apiserver;
  const configFor = (token: string): string => kubeconfig({ url, caPem, token });
  const kubeconfigFile = join(dataDir, 'admin.kubeconfig');
  await writeFile(kubeconfigFile, configFor(adminToken), { mode: 0o600 });

  const whileStopped = async (work: () => Promise<void>): Promise<void> => {
    await apiserver.server.stop(); // first: without its etcd it does not end on SIGTERM
    await etcd.server.stop();
    await work();
    await etcd.server.start();
    await apiserver.server.start();
  };
  const owned = starting.move();
  return {
    url,
    port,
    caFile,
    caPem,
    kubeconfigFile,
    adminToken,
    dataDir,
    kube: new KubeClient(httpsClient({ url, caPem, token: adminToken })),
    etcd: etcd.server,
    apiserver: apiserver.server,
    token: (user, groups = []) => tokens.issue({ user, groups }),
    revokeToken: (token) => tokens.revoke(token),
    kubeconfig: configFor,
    restartApiServer: async () => await apiserver.server.restart(),
    kill9ApiServer: async () => await apiserver.server.kill9(),
    compact: async () => await etcd.compact(),
    snapshot: async (to) => await whileStopped(async () => await cp(etcd.storeDir, to, { recursive: true })),
    restore: async (from) =>
      await whileStopped(async () => {
        await rm(etcd.storeDir, { recursive: true });
        await cp(from, etcd.storeDir, { recursive: true });
      }),
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}
