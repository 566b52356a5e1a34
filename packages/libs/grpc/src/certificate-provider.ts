import { getCACertificates } from 'node:tls';
import type { experimental } from '@grpc/grpc-js';
import type { TlsSource } from './tls-source.ts';

/**
 * A TLS source as grpc-js takes it: listeners get the present material and each new one. Servers then
 * swap their context, and channels use the new material for their next connection; open connections live on.
 */
export class SourceCertificateProvider implements experimental.CertificateProvider {
  readonly #source: TlsSource;
  readonly #unsubscribe = new Map<unknown, () => void>();

  constructor(source: TlsSource) {
    this.#source = source;
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#add(listener, () => {
      // No CA means the system's authorities and NODE_EXTRA_CA_CERTS, as everywhere else in Node; never "trust all".
      const caCertificate = this.#source.current().ca ?? Buffer.from(getCACertificates('default').join('\n'));
      listener({ caCertificate });
    });
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#remove(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#add(listener, () => {
      const { cert, key } = this.#source.current();
      listener(cert && key ? { certificate: cert, privateKey: key } : null);
    });
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#remove(listener);
  }

  /** The first news comes a moment later: grpc-js's server credentials lose what they are told while subscribing. */
  #add(listener: unknown, tell: () => void): void {
    this.#unsubscribe.set(listener, this.#source.onChange(tell));
    queueMicrotask(() => {
      if (this.#unsubscribe.has(listener)) tell();
    });
  }

  #remove(listener: unknown): void {
    this.#unsubscribe.get(listener)?.();
    this.#unsubscribe.delete(listener);
  }
}
