import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { certificateAuthority } from '@kestrel/testkit';
import { z } from 'zod';
import { Actor } from '../actor/actor.ts';
import { changesResultSchema, startedSchema, versionSchema } from './contract.ts';

const none = z.unknown();

/** A synthetic API server in a process of its own, with what a pod would have to reach it. Disposing ends it. */
export class SyntheticApi implements AsyncDisposable {
  readonly port: number;
  readonly caFile: string;
  readonly tokenFile: string;
  readonly #actor: Actor;

  private constructor(actor: Actor, o: { port: number; caFile: string; tokenFile: string }) {
    this.#actor = actor;
    this.port = o.port;
    this.caFile = o.caFile;
    this.tokenFile = o.tokenFile;
  }

  /** Starts one with so many pods; the files go to the folder. */
  static async start(o: { pods: number; folder: string }): Promise<SyntheticApi> {
    await using starting = new AsyncDisposableStack();
    const actor = starting.use(new Actor('synthetic API server', new URL('./main.ts', import.meta.url)));
    const ca = await certificateAuthority('Kestrel bench CA');
    const { certPem, keyPem } = await ca.issue({
      commonName: 'kubernetes',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      clientAuth: false,
    });
    const token = randomBytes(24).toString('base64url');
    const caFile = join(o.folder, 'kubernetes-ca.crt');
    const tokenFile = join(o.folder, 'kubernetes-token');
    await writeFile(caFile, ca.certPem);
    await writeFile(tokenFile, token, { mode: 0o600 });
    const { port } = await actor.call('start', { pods: o.pods, token, certPem, keyPem }, startedSchema);
    starting.move();
    return new SyntheticApi(actor, { port, caFile, tokenFile });
  }

  /** Whether WatchList is refused from now on, so that clients list by pages. */
  async refuseWatchList(watchList: boolean): Promise<void> {
    await this.#actor.call('refuse', { watchList }, none);
  }

  async startChurn(perSecond: number): Promise<void> {
    await this.#actor.call('startChurn', { perSecond }, none);
  }

  /** The cluster's resourceVersion after the last change. */
  async stopChurn(): Promise<number> {
    return (await this.#actor.call('stopChurn', {}, versionSchema)).version;
  }

  /** When each change after this version happened: resourceVersion → epoch milliseconds. */
  async changes(afterVersion: number): Promise<Map<number, number>> {
    const { versions, atMs } = await this.#actor.call('changes', { afterVersion }, changesResultSchema);
    return new Map(versions.map((version, i) => [version, atMs[i] ?? Number.NaN]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#actor[Symbol.asyncDispose]();
  }
}
