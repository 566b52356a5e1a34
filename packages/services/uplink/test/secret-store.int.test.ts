import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inClusterClient } from '@kestrel/kube';
import { createLogger } from '@kestrel/runtime';
import { startControlPlane, tempDir } from '@kestrel/testkit';
import { expect, test } from 'vitest';
import { secretCertificateStore } from '../src/identity/secret-certificate-store.ts';

const log = createLogger({ service: 'secret-store-test', level: 'silent', destination: { write: () => undefined } });
const place = { namespace: 'default', name: 'kestrel-uplink-identity' };
const identity = (n: number) => ({
  certificatePem: `certificate ${n}`,
  privateKeyPem: `key ${n}`,
  caPem: n === 1 ? '' : `ca ${n}`,
});

test('given a real API server, then two replicas share one certificate in a Secret', async () => {
  await using plane = await startControlPlane();
  await using directory = await tempDir();
  const tokenFile = join(directory.path, 'token');
  await writeFile(tokenFile, plane.adminToken);
  const url = new URL(plane.url);
  const access = { tokenFile, caFile: plane.caFile, host: url.hostname, port: Number(url.port), log };
  await using oneClient = inClusterClient(access);
  await using otherClient = inClusterClient(access);
  const [one, other] = [secretCertificateStore(oneClient, place), secretCertificateStore(otherClient, place)];

  expect(await one.load()).toBeUndefined();
  await Promise.all([one.save(identity(1)), other.save(identity(1))]);
  expect(await other.load()).toEqual(identity(1));

  await other.save(identity(2));
  expect(await one.load()).toEqual(identity(2));
}, 120_000);
