import type { TlsMaterial } from './tls-material.ts';
import { checkTlsMaterial } from './tls-material.ts';

/** TLS material that may change while the process runs. */
export interface TlsSource {
  /** What a connection made now uses. Always complete: a certificate never comes without the key that belongs to it. */
  current(): TlsMaterial;
  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** A source whose owner replaces the material, for instance after an enrolment. */
export interface MemoryTlsSource extends TlsSource {
  /** Checks the material and tells the listeners. Throws OperationalError `tls_material_invalid` and keeps the old. */
  replace(material: TlsMaterial): void;
}

/** TLS material held in memory. Throws like `replace`. */
export function memoryTlsSource(initial: TlsMaterial): MemoryTlsSource {
  checkTlsMaterial(initial);
  let material = initial;
  const listeners = new Set<() => void>();
  return {
    current: () => material,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    replace(next) {
      checkTlsMaterial(next);
      material = next;
      for (const listener of listeners) listener();
    },
  };
}
