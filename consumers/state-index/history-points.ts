import type { StatusName } from '#contracts/account-state.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';

/** The history has figures of an account at most this often while its status stays … */
export const SAME_STATUS_MS_MIN = 60_000;
/** … and at most this often whatever happens. */
export const POINT_MS_MIN = 1_000;

/** Beyond this many accounts the longest untouched is forgotten: its next figures are written. */
const ACCOUNTS_MAX = 100_000;

/** The figures of an account that its history had last. */
interface LastPoint {
  readonly asOf: number;
  readonly status: StatusName;
}

/**
 * Chooses which figures go to the history: the first of each minute, and the first of each new status.
 * It looks at the figures' own times only, so that records read again choose the same.
 */
export class HistoryPoints {
  readonly #lastByAccount = new Map<string, LastPoint>();
  readonly #accountsMax: number;

  constructor(accountsMax = ACCOUNTS_MAX) {
    this.#accountsMax = accountsMax;
  }

  /** Whether these figures are to be written; if so, they count as written. */
  choose(record: MarginCalcRecord): boolean {
    const { account_id: accountId, as_of: asOf, status } = record;
    const last = this.#lastByAccount.get(accountId);
    if (last !== undefined) {
      const msMin = last.status === status ? SAME_STATUS_MS_MIN : POINT_MS_MIN;
      if (asOf - last.asOf < msMin) return false;
    }
    this.#lastByAccount.delete(accountId);
    this.#lastByAccount.set(accountId, { asOf, status });
    if (this.#lastByAccount.size > this.#accountsMax) this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    for (const oldest of this.#lastByAccount.keys()) {
      this.#lastByAccount.delete(oldest);
      return;
    }
  }
}
