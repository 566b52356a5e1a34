import type { Mirror } from '../core/mirror/mirror.ts';
import type { Kind } from '../kinds/kind.ts';

/** Lets the first sync of a kind begin when all kinds of the tiers before are settled. Once open, a tier stays open. */
export class TierGate implements Disposable {
  readonly #mirror: Mirror;
  readonly #waiting = new Map<() => void, number>();
  readonly #release: () => void;

  constructor(mirror: Mirror) {
    this.#mirror = mirror;
    this.#release = mirror.listen({
      changed: () => undefined,
      removed: () => undefined,
      lost: () => undefined,
      found: () => undefined,
      settled: () => this.#openWhatCan(),
    });
  }

  /** Resolves when the kind may begin, or the signal is aborted. */
  async open(kind: Kind, signal: AbortSignal): Promise<void> {
    if (this.#isOpen(kind.tier) || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const enter = () => {
        this.#waiting.delete(enter);
        signal.removeEventListener('abort', enter);
        resolve();
      };
      this.#waiting.set(enter, kind.tier);
      signal.addEventListener('abort', enter, { once: true });
    });
  }

  #isOpen(tier: number): boolean {
    return [...this.#mirror.kinds].every((state) => state.kind.tier >= tier || state.isSettled);
  }

  #openWhatCan(): void {
    for (const [enter, tier] of this.#waiting) if (this.#isOpen(tier)) enter();
  }

  [Symbol.dispose](): void {
    this.#release();
  }
}
