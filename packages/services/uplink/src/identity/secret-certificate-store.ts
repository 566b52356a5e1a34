import { createSecret, KubeError, readSecret, replaceSecret } from '@kestrel/kube';
import type { KubeClient } from '@kestrel/kube';
import type { CertificateStore, IdentityCertificate } from '@kestrel/trust';

const labels = { 'app.kubernetes.io/managed-by': 'kestrel-uplink' };

/**
 * Keeps the enrolled certificate in one Secret of type kubernetes.io/tls, the uplink's own, shared by its replicas. Two
 * that write at once: the second finds a conflict, and looks at what the first has stored.
 */
export function secretCertificateStore(client: KubeClient, o: { namespace: string; name: string }): CertificateStore {
  return {
    load: async (signal) => {
      const secret = await readSecret(client, o.namespace, o.name, requestOptions(signal));
      return secret && identityOf(secret.data);
    },
    save: async (identity, signal) => {
      const present = await readSecret(client, o.namespace, o.name, requestOptions(signal));
      const data = dataOf(identity);
      if (present) {
        await replaceSecret(client, present, data, requestOptions(signal));
        return;
      }
      const secret = { namespace: o.namespace, name: o.name, type: 'kubernetes.io/tls', labels, data };
      await createSecret(client, secret, requestOptions(signal)).catch((error: unknown) => {
        // Another replica was first: at its next look the keeper takes the younger of the two.
        if (!(error instanceof KubeError && error.code === 'kube_conflict')) throw error;
      });
    },
  };
}

function requestOptions(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function dataOf(identity: IdentityCertificate): Record<string, Uint8Array> {
  return {
    'tls.crt': Buffer.from(identity.certificatePem),
    'tls.key': Buffer.from(identity.privateKeyPem),
    'ca.crt': Buffer.from(identity.caPem),
  };
}

/** Undefined for a Secret that holds nothing whole, such as the empty one that a chart makes. */
function identityOf(data: Readonly<Record<string, Buffer>>): IdentityCertificate | undefined {
  const certificatePem = data['tls.crt']?.toString('utf8') ?? '';
  const privateKeyPem = data['tls.key']?.toString('utf8') ?? '';
  if (certificatePem === '' || privateKeyPem === '') return undefined;
  return { certificatePem, privateKeyPem, caPem: data['ca.crt']?.toString('utf8') ?? '' };
}
