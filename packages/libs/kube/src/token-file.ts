import { readFile } from 'node:fs/promises';
import { type Clock, systemClock } from '@kestrel/runtime';
import { KubeError } from './kube-error.ts';

/** The kubelet replaces a projected token well before it expires (at 80 % of its life), so seconds of delay do not matter. */
const RECHECK_AFTER_MS = 10_000;

/** A service account's token: read again when the last reading is older than 10 s, or at once after the server refused it. */
export class TokenFile {
  readonly #file: string;
  readonly #clock: Clock;
  #token = '';
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(file: string, clock: Clock = systemClock) {
    this.#file = file;
    this.#clock = clock;
  }

  /** The present token. @throws KubeError kube_credentials when the file can't be read or is empty. */
  async read(): Promise<string> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#readAtMs < RECHECK_AFTER_MS) return this.#token;
    const text = await readCredentialFile(this.#file);
    const token = text.trim();
    if (token === '') throw new KubeError('kube_credentials', `token file ${this.#file} is empty`);
    this.#token = token;
    this.#readAtMs = nowMs;
    return token;
  }

  /** The server did not accept the token: the next read goes to the file. */
  rejected(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }
}

/** @throws KubeError kube_credentials, retryable: a projected volume may still be on its way. */
export async function readCredentialFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new KubeError('kube_credentials', `can't read ${file}`, { cause: error });
  }
}
