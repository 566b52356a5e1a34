/** A kubeconfig with one context. It is written as JSON, which every reader of YAML reads. */
export function kubeconfig(o: { url: string; caPem?: string; token?: string; namespace?: string }): string {
  const cluster = {
    server: o.url,
    ...(o.caPem === undefined ? {} : { 'certificate-authority-data': Buffer.from(o.caPem).toString('base64') }),
  };
  const context = { cluster: 'kestrel', user: 'kestrel', ...(o.namespace ? { namespace: o.namespace } : {}) };
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kestrel', cluster }],
    users: [{ name: 'kestrel', user: o.token === undefined ? {} : { token: o.token } }],
    contexts: [{ name: 'kestrel', context }],
    'current-context': 'kestrel',
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
