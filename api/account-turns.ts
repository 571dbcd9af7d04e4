/** More than this many requests do not wait for one another: the next is turned away. */
const WAITING_MAX = 200;

/** Lets requests about an account come one after another; those about others do not wait. */
export class AccountTurns {
  readonly #lastByAccount = new Map<string, Promise<void>>();
  #waiting = 0;

  /**
   * Waits until it is the turn of all these accounts together; the function that it gives ends it.
   * null when too many wait already. Turns are taken in the order of the calls, all accounts at once,
   * so that no two requests wait for each other.
   */
  async take(accountIds: readonly string[]): Promise<(() => void) | null> {
    if (this.#waiting >= WAITING_MAX) return null;
    this.#waiting += 1;
    const own = [...new Set(accountIds)];
    const before = own.flatMap((accountId) => this.#lastByAccount.get(accountId) ?? []);
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    for (const accountId of own) this.#lastByAccount.set(accountId, ended);
    await Promise.all(before);
    this.#waiting -= 1;
    return () => {
      for (const accountId of own) {
        if (this.#lastByAccount.get(accountId) === ended) this.#lastByAccount.delete(accountId);
      }
      end();
    };
  }
}
