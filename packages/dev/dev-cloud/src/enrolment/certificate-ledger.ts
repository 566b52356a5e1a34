import { join } from 'node:path';
import * as z from 'zod';
import { OperationalError } from '@kestrel/runtime';
import { readJsonFile, writeJsonFile } from './json-file.ts';

const entrySchema = z.object({ serial: z.string(), clusterId: z.string(), notAfterMs: z.number() }).readonly();
const ledgerSchema = z.object({ issued: z.array(entrySchema), revoked: z.array(z.string()) });

/** A certificate that was issued and is not over yet. */
export type LedgerEntry = z.output<typeof entrySchema>;

/** Living certificates and revocations that fit; more than any stand-in cloud needs. */
const entriesMax = 20_000;

/** Which certificates were issued, and which serials are revoked; kept in `<directory>/ledger.json`, each change on disk. */
export class CertificateLedger {
  readonly #path: string;
  #issued: LedgerEntry[];
  readonly #revoked: Set<string>;

  constructor(directory: string) {
    this.#path = join(directory, 'ledger.json');
    const kept = readJsonFile(this.#path, ledgerSchema);
    this.#issued = kept?.issued ?? [];
    this.#revoked = new Set(kept?.revoked);
  }

  get issued(): readonly LedgerEntry[] {
    return this.#issued;
  }

  /** Notes an issued certificate, forgets those that are over at `nowMs`. Throws OperationalError `ledger_full`. */
  add(entry: LedgerEntry, nowMs: number): void {
    const living = this.#issued.filter(({ notAfterMs }) => notAfterMs > nowMs);
    if (living.length >= entriesMax) throw new OperationalError('ledger_full', 'too many certificates are valid');
    this.#issued = [...living, entry];
    this.#write();
  }

  /** Revokes serials for ever (lower-case hex), also ones that were not issued here; returns those that were not revoked before. */
  revoke(serials: readonly string[]): string[] {
    const fresh = serials.filter((serial) => !this.#revoked.has(serial));
    if (this.#revoked.size + fresh.length > entriesMax) {
      throw new OperationalError('ledger_full', 'too many certificates are revoked', { retryable: false });
    }
    for (const serial of fresh) this.#revoked.add(serial);
    if (fresh.length > 0) this.#write();
    return fresh;
  }

  isRevoked(serial: string): boolean {
    return this.#revoked.has(serial);
  }

  #write(): void {
    writeJsonFile(this.#path, { issued: this.#issued, revoked: [...this.#revoked] });
  }
}
