import type { RungName } from '#contracts/account-state.ts';
import type { LastWrite } from './projection.ts';

/** Beyond this many accounts the longest untouched is forgotten: its next price move is written at once. */
const ACCOUNTS_MAX = 100_000;

/** What was last written of each account, bounded. */
export class LastWrites {
  readonly #byAccount = new Map<string, LastWrite>();
  readonly #accountsMax: number;

  constructor(accountsMax = ACCOUNTS_MAX) {
    this.#accountsMax = accountsMax;
  }

  get(accountId: string): LastWrite | undefined {
    return this.#byAccount.get(accountId);
  }

  set(accountId: string, write: LastWrite): void {
    this.#byAccount.delete(accountId);
    this.#byAccount.set(accountId, write);
    if (this.#byAccount.size <= this.#accountsMax) return;
    for (const oldest of this.#byAccount.keys()) {
      this.#byAccount.delete(oldest);
      return;
    }
  }

  /** The case moved; of an account without known figures there is nothing to remember. */
  setRung(accountId: string, rung: RungName): void {
    const known = this.#byAccount.get(accountId);
    if (known !== undefined) this.#byAccount.set(accountId, { ...known, rung });
  }
}
