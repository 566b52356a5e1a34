import { memoryTlsSource } from '@kestrel/grpc';
import { certificateAuthority } from '@kestrel/testkit';
import { expect, test } from 'vitest';
import { authoritiesFirst } from './authorities-first.ts';

test('given authorities of the owner, then they go before those of the certificate, and a change of either is told', async () => {
  const [ours, theirs] = await Promise.all([certificateAuthority('ours'), certificateAuthority('theirs')]);
  const [ourCa, theirCa] = [Buffer.from(ours.certPem), Buffer.from(theirs.certPem)];
  const issued = await theirs.issue({ commonName: 'cluster-1', clientAuth: true });
  const pair = { cert: Buffer.from(issued.certPem), key: Buffer.from(issued.keyPem) };
  const authorities = memoryTlsSource({});
  const identity = memoryTlsSource({ ca: theirCa, ...pair });
  const source = authoritiesFirst(authorities, identity);
  let changes = 0;
  const stop = source.onChange(() => (changes += 1));

  expect(source.current()).toEqual({ ca: theirCa, ...pair });
  authorities.replace({ ca: ourCa });
  expect(source.current()).toEqual({ ca: ourCa, ...pair });
  identity.replace({ ca: theirCa, ...pair });
  expect(source.current().ca).toEqual(ourCa);
  expect(changes).toBe(2);
  stop();
  authorities.replace({});
  expect(changes).toBe(2);
});
