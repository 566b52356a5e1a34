import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { CertificateStore, IdentityCertificate } from './certificate-store.ts';

const fileName = 'identity.json';
const directoryMode = 0o700;
const fileMode = 0o600;

const identitySchema = z.object({ certificatePem: z.string(), privateKeyPem: z.string(), caPem: z.string() });

/**
 * Keeps certificate, key and CA in `<directory>/identity.json`, readable by the owner only. One file, so that a key never
 * stands beside another key's certificate; written aside, synced and renamed, so that it is whole or absent.
 */
export function fileCertificateStore(directory: string): CertificateStore {
  const path = join(directory, fileName);
  return {
    load: async () => {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      });
      return text === undefined ? undefined : parseIdentity(text);
    },
    save: async (identity) => {
      await mkdir(directory, { recursive: true, mode: directoryMode });
      const aside = `${path}.${randomUUID()}`;
      try {
        await writeSynced(aside, JSON.stringify(identity));
        await rename(aside, path);
        await syncDirectory(dirname(path));
      } finally {
        await rm(aside, { force: true });
      }
    },
  };
}

/** What was damaged from outside is the same as lost: it is enrolled anew. */
function parseIdentity(text: string): IdentityCertificate | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = identitySchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', fileMode);
  await file.writeFile(text);
  await file.sync();
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}
