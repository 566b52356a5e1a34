import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@kestrel/testkit';
import { describe, expect, it } from 'vitest';
import { kubeconfigClient } from '../src/index.ts';
import { answer, startFakeApi } from './fake-api.ts';
import { silentLog } from './following.ts';

interface Parts {
  server: string;
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  namespace?: string;
}

async function kubeconfigFile(dir: string, parts: Parts): Promise<string> {
  const file = join(dir, 'kubeconfig');
  const context = { cluster: 'c', user: 'u', ...(parts.namespace === undefined ? {} : { namespace: parts.namespace }) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server: parts.server, ...parts.cluster } }],
    users: [{ name: 'u', user: parts.user ?? { token: 'token-k' } }],
    contexts: [
      { name: 'here', context },
      { name: 'there', context: { ...context, namespace: 'elsewhere' } },
    ],
  };
  await writeFile(file, JSON.stringify(config)); // YAML is a superset
  return file;
}

describe('kubeconfigClient', () => {
  it('given a token and a CA, when asked, then both are used, and the namespace is that of the context', async () => {
    await using api = await startFakeApi();
    await using dir = await tempDir();
    api.handler = (request) => answer(request, 200, {});
    const cluster = { 'certificate-authority': api.caFile };
    const file = await kubeconfigFile(dir.path, {
      server: `https://localhost:${api.port}`,
      cluster,
      namespace: 'mine',
    });
    const { client, context, namespace } = await kubeconfigClient({ file, log: silentLog });
    await using _client = client;
    await client.get('/x');
    expect(api.requests[0]?.headers.authorization).toBe('Bearer token-k');
    expect([context, namespace]).toEqual(['here', 'mine']);
    const other = await kubeconfigClient({ file, context: 'there', log: silentLog });
    expect([other.context, other.namespace]).toEqual(['there', 'elsewhere']);
  });

  it('given an exec plugin, when asked, then its token is used', async () => {
    await using api = await startFakeApi();
    await using dir = await tempDir();
    api.handler = (request) => answer(request, 200, {});
    const apiVersion = 'client.authentication.k8s.io/v1';
    const credential = { apiVersion, kind: 'ExecCredential', status: { token: 'token-of-plugin' } };
    const exec = { apiVersion, command: 'echo', args: [JSON.stringify(credential)], interactiveMode: 'Never' };
    const cluster = { 'certificate-authority': api.caFile };
    const file = await kubeconfigFile(dir.path, { server: `https://localhost:${api.port}`, cluster, user: { exec } });
    const { client } = await kubeconfigClient({ file, log: silentLog });
    await using _client = client;
    await client.get('/x');
    expect(api.requests[0]?.headers.authorization).toBe('Bearer token-of-plugin');
  });

  it('given an exec plugin that fails, when asked, then kube_credentials and no request', async () => {
    await using api = await startFakeApi();
    await using dir = await tempDir();
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'false', interactiveMode: 'Never' };
    const cluster = { 'certificate-authority': api.caFile };
    const file = await kubeconfigFile(dir.path, { server: `https://localhost:${api.port}`, cluster, user: { exec } });
    const { client } = await kubeconfigClient({ file, log: silentLog });
    await using _client = client;
    await expect(client.get('/x')).rejects.toMatchObject({ code: 'kube_credentials' });
    expect(api.requests).toEqual([]);
  });

  it.each<[string, Parts, string]>([
    ['plain http', { server: 'http://localhost:1' }, 'not an https URL'],
    ['a server with a path', { server: 'https://localhost/k8s/clusters/c' }, 'has a path'],
    ['a proxy', { server: 'https://localhost', cluster: { 'proxy-url': 'http://proxy' } }, 'proxies are not supported'],
  ])('given %s, when made, then it is refused', async (_, parts, why) => {
    await using dir = await tempDir();
    const file = await kubeconfigFile(dir.path, parts);
    await expect(kubeconfigClient({ file, log: silentLog })).rejects.toMatchObject({
      code: 'kube_credentials',
      retryable: false,
      message: expect.stringContaining(why),
    });
  });

  it('given a context that is not there, or no file, when made, then it is refused', async () => {
    await using dir = await tempDir();
    const file = await kubeconfigFile(dir.path, { server: 'https://localhost' });
    await expect(kubeconfigClient({ file, context: 'nowhere', log: silentLog })).rejects.toMatchObject({
      code: 'kube_credentials',
    });
    await expect(kubeconfigClient({ file: `${file}.not`, log: silentLog })).rejects.toMatchObject({
      code: 'kube_credentials',
    });
  });
});
