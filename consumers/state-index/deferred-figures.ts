import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { isLater } from '#domain/figures-version.ts';

/** Beyond this many accounts nothing more is deferred: figures are written at once. */
const DEFERRED_ACCOUNTS_MAX = 50_000;

/** Figures that wait for their minute to be over, with the first offset that stands for them. */
export interface Deferred {
  readonly record: MarginCalcRecord;
  readonly partition: number;
  readonly firstOffset: number;
  /** Unix ms. */
  readonly until: number;
}

/** The last skipped figures of each account, bounded. */
export class DeferredFigures {
  readonly #byAccount = new Map<string, Deferred>();
  readonly #accountsMax: number;

  constructor(accountsMax = DEFERRED_ACCOUNTS_MAX) {
    this.#accountsMax = accountsMax;
  }

  get size(): number {
    return this.#byAccount.size;
  }

  /** Takes figures in place of earlier ones of the account; false: there is no room, write them now. */
  defer(deferred: Deferred): boolean {
    const accountId = deferred.record.account_id;
    const before = this.#byAccount.get(accountId);
    if (before === undefined) {
      if (this.#byAccount.size >= this.#accountsMax) return false;
      this.#byAccount.set(accountId, deferred);
      return true;
    }
    this.#byAccount.set(accountId, {
      ...(isLater(deferred.record, before.record) ? deferred : before),
      firstOffset: Math.min(before.firstOffset, deferred.firstOffset),
      until: Math.min(before.until, deferred.until),
    });
    return true;
  }

  /** These or later figures of the account are in the index: nothing older needs to wait. */
  settle(written: MarginCalcRecord): void {
    const waiting = this.#byAccount.get(written.account_id);
    if (waiting !== undefined && !isLater(waiting.record, written)) {
      this.#byAccount.delete(written.account_id);
    }
  }

  /** What is to be written at `now` (Unix ms). It stays until it is settled. */
  due(now: number): MarginCalcRecord[] {
    const due: MarginCalcRecord[] = [];
    for (const { record, until } of this.#byAccount.values()) if (until <= now) due.push(record);
    return due;
  }

  /** The first offset of a partition that is not in the index yet; null when all is. */
  firstOffset(partition: number): number | null {
    let first: number | null = null;
    for (const deferred of this.#byAccount.values()) {
      if (deferred.partition !== partition) continue;
      if (first === null || deferred.firstOffset < first) first = deferred.firstOffset;
    }
    return first;
  }
}
