import { TOPICS } from '#contracts/topics.ts';
import type { OutboundRecord } from '#ports/records.ts';

interface Cancellable {
  readonly orderId: string;
  readonly symbol: string;
}

/** The cancels that a partition of the gate has asked for, each order's once, until the order is over. */
export class OrderCancels {
  /** Order → the scopes whose controls want it gone; none while a liquidation alone does. */
  readonly #asked = new Map<string, Set<string>>();
  readonly #partition: number;
  #epoch = -1;
  #count = 0;

  constructor(partition: number) {
    this.#partition = partition;
  }

  /** No two owners name a cancel alike. */
  begin(epoch: number): void {
    this.#epoch = epoch;
  }

  /**
   * The records that ask for the cancels not yet asked for. `scopes` are those of the controls that want the
   * orders gone; none when a liquidation does. `now` is Unix ms.
   */
  ask(
    accountId: string,
    orders: readonly Cancellable[],
    {
      scopes,
      reason,
      now,
    }: { readonly scopes: readonly string[]; readonly reason: string; readonly now: number },
  ): OutboundRecord[] {
    const fresh = orders.filter(({ orderId }) => !this.#asked.has(keyOf(accountId, orderId)));
    for (const { orderId } of orders) {
      const key = keyOf(accountId, orderId);
      // The one cancel confirms whatever wanted it, and as long as it does not, each of them is open.
      this.#asked.set(key, new Set([...(this.#asked.get(key) ?? []), ...scopes]));
    }
    return fresh.map(({ orderId, symbol }) => {
      this.#count += 1;
      const id = `gate-${String(this.#partition)}-${String(this.#epoch)}-${String(this.#count)}`;
      const cancel = {
        cancel_id: id,
        order_id: orderId,
        account_id: accountId,
        symbol,
        ts: now,
        reason,
        corr_id: id,
      };
      const topic = TOPICS.orderCancels.name;
      return { topic, key: accountId, partition: this.#partition, value: JSON.stringify(cancel) };
    });
  }

  /** The order is over, one way or another. */
  over(accountId: string, orderId: string): void {
    this.#asked.delete(keyOf(accountId, orderId));
  }

  /** Scopes with orders whose cancel is not confirmed. */
  pending(): Iterable<string> {
    return new Set([...this.#asked.values()].flatMap((scopes) => [...scopes]));
  }
}

/** Two accounts may name their orders alike. */
function keyOf(accountId: string, orderId: string): string {
  return `${accountId} ${orderId}`;
}
