import { TrafficClass } from '@kestrel/proto/cloud';

/** Grants above this are as good as unlimited; sums stay exact. */
const balanceBytesMax = 2 ** 50;

const known: ReadonlySet<number> = new Set(Object.values(TrafficClass));

/** Bytes of encoded frames that the cloud still allows, by class. A class may exceed by one frame, and owes the rest. */
export class CreditLedger {
  readonly #balances = new Map<TrafficClass, number>();

  /** A class that is not known here is one of a later protocol: ignored. */
  grant(trafficClass: TrafficClass, sizeBytes: bigint): void {
    if (!known.has(trafficClass)) return;
    const granted = sizeBytes > BigInt(balanceBytesMax) ? balanceBytesMax : Number(sizeBytes);
    this.#balances.set(trafficClass, Math.min(balanceBytesMax, this.balance(trafficClass) + granted));
  }

  maySend(trafficClass: TrafficClass): boolean {
    return this.balance(trafficClass) > 0;
  }

  spend(trafficClass: TrafficClass, sizeBytes: number): void {
    this.#balances.set(trafficClass, this.balance(trafficClass) - sizeBytes);
  }

  /** Negative while the class owes. */
  balance(trafficClass: TrafficClass): number {
    return this.#balances.get(trafficClass) ?? 0;
  }
}
