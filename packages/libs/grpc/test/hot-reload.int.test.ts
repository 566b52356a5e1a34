import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ca } from '@kestrel/testkit';
import { certificateAuthority, eventually, tempDir } from '@kestrel/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TlsMaterial } from '../src/index.ts';
import { createChannel, fileTlsSource, memoryTlsSource } from '../src/index.ts';
import { echo, echoService, echoStream } from './echo-service.ts';
import { dial, materialOf, recordingLog, silent, startEcho } from './fixture.ts';

const pollMs = 20;
let ca: Ca;
beforeAll(async () => void (ca = await certificateAuthority()));

/** Writes files as a kubelet does: a new folder, and one symbolic link swapped to it. */
async function mount(dir: string, version: string, material: TlsMaterial): Promise<void> {
  const folder = join(dir, `..${version}`);
  await mkdir(folder);
  await Promise.all(Object.entries(material).map(([name, pem]) => writeFile(join(folder, name), pem)));
  await symlink(`..${version}`, join(dir, '..next'));
  await rename(join(dir, '..next'), join(dir, '..data'));
  for (const name of Object.keys(material)) {
    await rm(join(dir, name), { force: true });
    await symlink(join('..data', name), join(dir, name));
  }
}

const filesOf = (dir: string) => ({ caFile: join(dir, 'ca'), certFile: join(dir, 'cert'), keyFile: join(dir, 'key') });

describe('fileTlsSource', () => {
  it('follows a mount whose link is swapped, and tells once per change', async () => {
    await using dir = await tempDir();
    const [first, second] = await Promise.all([materialOf(ca), materialOf(ca)]);
    await mount(dir.path, 'one', first);
    await using source = await fileTlsSource({ ...filesOf(dir.path), log: silent, pollMs });
    let changes = 0;
    source.onChange(() => (changes += 1));
    expect(source.current()).toEqual(first);
    await mount(dir.path, 'two', second);
    await eventually(() => source.current().key?.equals(second.key));
    expect(source.current()).toEqual(second);
    expect(changes).toBe(1);
  });

  it('keeps the old material and says so once while certificate and key do not belong together', async () => {
    await using dir = await tempDir();
    const { log, lines } = recordingLog();
    const [first, second] = await Promise.all([materialOf(ca), materialOf(ca)]);
    await mount(dir.path, 'one', first);
    await using source = await fileTlsSource({ ...filesOf(dir.path), log, pollMs });
    await writeFile(join(dir.path, 'cert'), second.cert);
    await eventually(() => lines.length > 0);
    await new Promise((resolve) => void setTimeout(resolve, 5 * pollMs));
    expect(source.current()).toEqual(first);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('the private key does not belong to the certificate');
    await writeFile(join(dir.path, 'key'), second.key);
    await eventually(() => source.current().cert?.equals(second.cert));
    await rm(join(dir.path, 'ca'));
    await eventually(() => lines.some((line) => line.includes('tls_material_unreadable')));
    expect(source.current()).toEqual(second);
  });

  it('does not start with files that are missing or do not fit', async () => {
    await using dir = await tempDir();
    const start = () => fileTlsSource({ ...filesOf(dir.path), log: silent });
    await expect(start()).rejects.toMatchObject({ code: 'tls_material_unreadable' });
    await mount(dir.path, 'one', { ...(await materialOf(ca)), key: (await materialOf(ca)).key });
    await expect(start()).rejects.toMatchObject({ code: 'tls_material_invalid' });
    await mount(dir.path, 'two', { ...(await materialOf(ca)), ca: Buffer.from('no certificate') });
    await expect(start()).rejects.toMatchObject({ code: 'tls_material_invalid' });
  });
});

describe('a changed TLS source', () => {
  it('gives new connections to a server the new certificate, and open streams live on', async () => {
    const tls = memoryTlsSource(await materialOf(ca, { dnsNames: ['one.example'] }));
    await using server = await startEcho({}, { tls });
    const client = await materialOf(ca);
    using before = dial(server.port, client, { serverName: 'one.example' });
    const stream = echoStream(before);
    stream.write(Buffer.from('1'));
    await new Promise((resolve) => void stream.once('data', resolve));

    tls.replace(await materialOf(ca, { dnsNames: ['two.example'] }));

    using after = dial(server.port, client, { serverName: 'two.example' });
    await eventually(() => echo(after));
    const echoed = new Promise((resolve) => void stream.once('data', resolve));
    stream.write(Buffer.from('2'));
    expect(String(await echoed)).toBe('2');
    stream.end();
  });

  it('gives a client’s next connection the new certificate, and a new channel has it at once', async () => {
    const service = echoService();
    const server = await startEcho(await materialOf(ca), { services: [service] });
    const tls = memoryTlsSource(await materialOf(ca, { commonName: 'first' }));
    const open = (port: number) => createChannel({ address: `localhost:${port}`, tls, log: silent });
    using channel = open(server.port);
    await echo(channel);
    expect(service.seen.peer?.commonName).toBe('first');

    tls.replace(await materialOf(ca, { commonName: 'second' }));
    await echo(channel);
    expect(service.seen.peer?.commonName).toBe('first');
    using renewed = open(server.port);
    await echo(renewed);
    expect(service.seen.peer?.commonName).toBe('second');

    await server[Symbol.asyncDispose]();
    await using _restarted = await startEcho(await materialOf(ca), { services: [service], port: server.port });
    tls.replace(await materialOf(ca, { commonName: 'third' }));
    await eventually(() => echo(channel));
    expect(service.seen.peer?.commonName).toBe('third');
  });

  it('refuses material that does not fit and keeps the old', async () => {
    const first = await materialOf(ca);
    const tls = memoryTlsSource(first);
    expect(() => tls.replace({ cert: first.cert })).toThrow('must be given together');
    expect(tls.current()).toBe(first);
  });
});
