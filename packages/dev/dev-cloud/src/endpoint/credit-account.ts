import type { Credit, TrafficClass } from '@kestrel/proto/cloud';

interface Balance {
  /** What the class may still send; below zero after the one frame by which it may exceed. */
  allowed: number;
  /** What was taken in and not given back. */
  consumed: number;
}

/** How many bytes of each class may be under way: encoded frames with batches. Control has no account. */
export class CreditAccount {
  readonly #classCreditBytes: number;
  readonly #balances = new Map<TrafficClass, Balance>();

  constructor(classCreditBytes: number) {
    this.#classCreditBytes = classCreditBytes;
  }

  /** A frame arrived. False when its class had no credit left before it: one frame may exceed, not two. */
  spend(trafficClass: TrafficClass, sizeBytes: number): boolean {
    const balance = this.#balance(trafficClass);
    const covered = balance.allowed > 0;
    balance.allowed -= sizeBytes;
    balance.consumed += sizeBytes;
    return covered;
  }

  /** Gives back all that was taken in. */
  replenish(): Credit[] {
    const credits: Credit[] = [];
    for (const [trafficClass, balance] of this.#balances) {
      if (balance.consumed === 0) continue;
      credits.push({ trafficClass, sizeBytes: BigInt(balance.consumed) });
      balance.allowed += balance.consumed;
      balance.consumed = 0;
    }
    return credits;
  }

  #balance(trafficClass: TrafficClass): Balance {
    const balance = this.#balances.get(trafficClass) ?? { allowed: this.#classCreditBytes, consumed: 0 };
    this.#balances.set(trafficClass, balance);
    return balance;
  }
}
