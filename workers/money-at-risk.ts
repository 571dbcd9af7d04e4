import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { toE4 } from '#contracts/wire.ts';

/** What all accounts together lack, kept up with each change of figures. */
export class MoneyAtRisk {
  readonly #accounts = new Map<MarginCalcRecord['status'], number>();
  /** 1/10,000 dollar; a sum over all accounts may leave the safe range of a number. */
  #deficiencyE4 = 0n;

  /** An account's last figures changed; null is an account without any. */
  replace(before: MarginCalcRecord | null, after: MarginCalcRecord | null): void {
    if (before !== null) this.#add(before, -1);
    if (after !== null) this.#add(after, 1);
  }

  /** Dollars. */
  get deficiency(): number {
    return Number(this.#deficiencyE4) / 10_000;
  }

  get accounts(): ReadonlyMap<MarginCalcRecord['status'], number> {
    return this.#accounts;
  }

  #add(record: MarginCalcRecord, sign: 1 | -1): void {
    const { status } = record;
    this.#accounts.set(status, (this.#accounts.get(status) ?? 0) + sign);
    if (status === 'INDETERMINATE' || record.deficiency === null) return;
    this.#deficiencyE4 += BigInt(sign * toE4(record.deficiency));
  }
}
