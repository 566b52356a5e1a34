import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileCertificateStore } from './file-certificate-store.ts';

const identity = { certificatePem: 'certificate', privateKeyPem: 'key', caPem: '' };
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kestrel-trust-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('a certificate store in a directory', () => {
  it('has nothing at first, also when the directory is not there', async () => {
    expect(await fileCertificateStore(directory).load()).toBeUndefined();
    expect(await fileCertificateStore(join(directory, 'absent')).load()).toBeUndefined();
  });

  it('gives back what was saved last, to another process too', async () => {
    const path = join(directory, 'made/by/save');
    await fileCertificateStore(path).save(identity);
    await fileCertificateStore(path).save({ ...identity, certificatePem: 'second' });
    expect(await fileCertificateStore(path).load()).toEqual({ ...identity, certificatePem: 'second' });
  });

  it('lets nobody but its owner read the key', async () => {
    await fileCertificateStore(join(directory, 'own')).save(identity);
    expect((await stat(join(directory, 'own'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, 'own/identity.json'))).mode & 0o777).toBe(0o600);
  });

  it('leaves one whole file behind, whoever saves at the same time', async () => {
    const store = fileCertificateStore(directory);
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.save({ ...identity, certificatePem: `number ${i}` })));
    expect(await readdir(directory)).toEqual(['identity.json']);
    expect((await store.load())?.certificatePem).toMatch(/^number \d+$/);
  });

  it('treats a damaged file as lost', async () => {
    for (const text of ['', '{"certificatePem":"cert', '{"certificatePem":"only"}', 'null']) {
      await writeFile(join(directory, 'identity.json'), text);
      expect(await fileCertificateStore(directory).load()).toBeUndefined();
    }
  });

  it('says when it cannot be read or written at all', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await expect(fileCertificateStore(file).load()).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(fileCertificateStore(file).save(identity)).rejects.toMatchObject({ code: 'EEXIST' });
  });
});
