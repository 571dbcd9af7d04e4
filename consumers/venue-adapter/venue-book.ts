import type { ExecutionRecord } from '#contracts/case-events.ts';

export type VenueStatus = ExecutionRecord['status'];

/** What the paper venue remembers of one partition: working orders, order ids, cancels that wait. */

/** An order as the venue works it. Quantities are 1/10,000 share, instants Unix ms. */
export interface VenueOrder {
  readonly orderId: string;
  readonly accountId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly qtyE4: number;
  /** How much of it opened, and did not reduce, when the gate let it pass. */
  readonly opensE4: number;
  /** The limit; null for a liquidation, which takes the last price. 1/10,000 dollar. */
  readonly limitE4: number | null;
  readonly strategy: string;
  readonly liquidation: boolean;
  /** When it was written: it was not executed before. */
  readonly writtenAt: number;
  /** From this instant on it is not taken any more, unless it was before. */
  readonly takeUntil: number;
  /** From this instant on nothing is executed any more. */
  readonly validUntil: number;
  readonly corrId: string;
}

export interface WorkingOrder extends VenueOrder {
  /** Where its decision lies in orders.gated.v1: what a restart must read again. */
  readonly offset: number;
  /** Before this instant the venue does not execute it (Unix ms). */
  readonly executesAt: number;
}

/** One thing that became of an order. `number` counts the order's executions from 1. */
export interface VenueExecution {
  readonly order: VenueOrder;
  readonly number: number;
  readonly status: VenueStatus;
  /** Shares moved by this execution, 1/10,000 share; 0 when none. */
  readonly lastQtyE4: number;
  /** 1/10,000 dollar per share; null when no shares moved. */
  readonly lastPriceE4: number | null;
  /** Of what time that price is, Unix ms; null when no shares moved. */
  readonly quotedAt: number | null;
  readonly cumQtyE4: number;
  readonly leavesQtyE4: number;
  readonly reason: string;
}

/** How much of an order was executed already, and in how many executions. */
export interface Progress {
  readonly cumQtyE4: number;
  readonly executions: number;
  /** Was it taken to the venue? Then it works on after its `takeUntil`. */
  readonly taken: boolean;
}

/** Who an order belongs to and how that account names it: two accounts may name theirs alike. */
export type OrderName = Pick<VenueOrder, 'accountId' | 'orderId'>;

const DAY_MS = 86_400_000;

/**
 * The venue's bounds, per partition. At `orderIdsMax` and `workingMax` new orders are REJECTED: an
 * order that could not be told from its duplicate is never executed. At `cancelsMax` the oldest
 * waiting cancel is forgotten.
 */
export const VENUE_LIMITS = {
  /** An order may be valid for at most this long after it arrives; longer ones are REJECTED. */
  orderLifeMaxMs: DAY_MS,
  /** An order id is remembered for this long after its last execution, so over its whole life. */
  orderMemoryMs: 2 * DAY_MS,
  /** An order that comes this long after its `valid_until` can no longer be told from a duplicate. */
  orderLateMaxMs: DAY_MS,
  orderIdsMax: 1_000_000,
  workingMax: 10_000,
  /** A cancel waits for its order for this long: the two topics have no common order. */
  cancelWaitMs: 3_600_000,
  cancelsMax: 10_000,
} as const;

const NOTHING_DONE: Progress = { cumQtyE4: 0, executions: 0, taken: false };

/** What the book knew of an order before the first change since `mark`. */
interface Before {
  readonly working: WorkingOrder | undefined;
  readonly progress: Progress | undefined;
  readonly finished: number | undefined;
  readonly cancelled: number | undefined;
}

/** The memory of one partition. It only changes by what `paper-venue.ts` has decided. */
export class VenueBook {
  readonly #working = new Map<string, WorkingOrder>();
  /** Order id → when it is forgotten; in the order of the executions. */
  readonly #finished = new Map<string, number>();
  /** Orders executed in part, also those whose order is yet to be read again. */
  readonly #progress = new Map<string, Progress>();
  /** Cancels that came before their order → when they are forgotten. */
  readonly #cancels = new Map<string, number>();
  /** By order, since `mark`; null until it is first called. */
  #before: Map<string, Before> | null = null;

  /** What happens from here on may be taken back. */
  mark(): void {
    this.#before = new Map();
  }

  /** Nothing has happened since `mark`. */
  takeBack(): void {
    for (const [key, before] of this.#before ?? []) {
      restore(this.#working, key, before.working);
      restore(this.#progress, key, before.progress);
      restore(this.#finished, key, before.finished);
      restore(this.#cancels, key, before.cancelled);
    }
    this.#before = new Map();
    // What has worked and works again stands where it stood.
    const working = [...this.#working].sort(([, a], [, b]) => a.offset - b.offset);
    this.#working.clear();
    for (const [key, order] of working) this.#working.set(key, order);
  }

  /** Orders that wait for a price, in the order of their offsets. */
  working(): IterableIterator<WorkingOrder> {
    return this.#working.values();
  }

  workingOrder(order: OrderName): WorkingOrder | undefined {
    return this.#working.get(keyOf(order));
  }

  get workingCount(): number {
    return this.#working.size;
  }

  /** Was the order's last execution within memory? */
  isFinished(order: OrderName): boolean {
    return this.#finished.has(keyOf(order));
  }

  /** Can one more order be taken and remembered? */
  hasRoom(): boolean {
    return (
      this.#finished.size + this.#working.size < VENUE_LIMITS.orderIdsMax &&
      this.#working.size < VENUE_LIMITS.workingMax
    );
  }

  progress(order: OrderName): Progress {
    return this.#progress.get(keyOf(order)) ?? NOTHING_DONE;
  }

  /** Has a cancel for this order of this account come before it? */
  isCancelled(order: OrderName): boolean {
    return this.#cancels.has(keyOf(order));
  }

  /** Where a restart must begin to read orders.gated.v1: the oldest working order, if any. */
  oldestWorkingOffset(): number | null {
    for (const { offset } of this.#working.values()) return offset;
    return null;
  }

  /** When time alone next changes a working order, Unix ms; null when it does not. */
  nextLookAt(now: number): number | null {
    let next: number | null = null;
    for (const order of this.#working.values()) {
      const { validUntil, takeUntil, executesAt } = order;
      const taken = this.progress(order).taken;
      for (const at of [validUntil, ...(taken ? [] : [takeUntil]), executesAt]) {
        if ((at > now || at === validUntil) && (next === null || at < next)) next = at;
      }
    }
    return next;
  }

  /** The order waits for a price. */
  keepWorking(order: VenueOrder, offset: number, executesAt: number): void {
    const key = keyOf(order);
    this.#remember(key);
    this.#working.set(key, { ...order, offset, executesAt });
  }

  /** A cancel came before its order. */
  keepCancel(order: OrderName, now: number): void {
    this.#forgetCancels(now);
    const key = keyOf(order);
    this.#remember(key);
    this.#cancels.set(key, now + VENUE_LIMITS.cancelWaitMs);
  }

  /** An execution happened at `at` (Unix ms); also told once per record when the book is rebuilt. */
  executed(
    execution: OrderName & {
      readonly status: VenueStatus;
      readonly cumQtyE4: number;
    },
    at: number,
  ): void {
    const { status, cumQtyE4 } = execution;
    const key = keyOf(execution);
    this.#remember(key);
    if (status === 'PARTIALLY_FILLED' || status === 'ACCEPTED') {
      const { executions } = this.progress(execution);
      this.#progress.set(key, { cumQtyE4, executions: executions + 1, taken: true });
      return;
    }
    this.#working.delete(key);
    this.#progress.delete(key);
    this.#cancels.delete(key);
    this.#forgetFinished(at);
    if (this.#finished.size < VENUE_LIMITS.orderIdsMax) {
      this.#finished.set(key, at + VENUE_LIMITS.orderMemoryMs);
    }
  }

  #remember(key: string): void {
    if (this.#before === null || this.#before.has(key)) return;
    this.#before.set(key, {
      working: this.#working.get(key),
      progress: this.#progress.get(key),
      finished: this.#finished.get(key),
      cancelled: this.#cancels.get(key),
    });
  }

  #forgetFinished(now: number): void {
    for (const [orderId, forgottenAt] of this.#finished) {
      if (forgottenAt > now) return;
      this.#finished.delete(orderId);
    }
  }

  #forgetCancels(now: number): void {
    for (const [key, forgottenAt] of this.#cancels) {
      if (forgottenAt > now && this.#cancels.size < VENUE_LIMITS.cancelsMax) return;
      this.#cancels.delete(key);
    }
  }
}

function restore<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function keyOf({ accountId, orderId }: OrderName): string {
  return `${accountId} ${orderId}`;
}
