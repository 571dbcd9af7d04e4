import type { CaseExecution, ExecutionStatus } from '#domain/case-events.ts';
import type { CaseOrder } from '#domain/ladder-state.ts';
import { E4 } from '#domain/money.ts';
import type { Random } from '#test/seeded-random.ts';
import type { AccountWorld } from './account-world.ts';
import type { Agenda } from './agenda.ts';

interface Working {
  readonly order: CaseOrder;
  cumQtyE4: number;
  ended: boolean;
  executions: number;
}

export interface VenueSurroundings {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly world: AccountWorld;
  /** Does it misbehave now? */
  readonly isUnruly: () => boolean;
  /** The venue's clock, Unix ms. */
  readonly clock: () => number;
  readonly tell: (execution: CaseExecution) => void;
}

const ANSWER_MS_MAX = 400;
const WAIT_MS_MAX = 4_000;

/** A venue that fills whole orders at once on good days, and on bad ones in part, late or not at all. */
export class SimulatedVenue {
  readonly #surroundings: VenueSurroundings;
  readonly #orders = new Map<string, Working>();
  readonly #cancelled = new Set<string>();

  constructor(surroundings: VenueSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Orders that may still trade. */
  get working(): readonly CaseOrder[] {
    return [...this.#orders.values()].filter(({ ended }) => !ended).map(({ order }) => order);
  }

  /** Shares traded of an order, 1/10,000. */
  tradedE4(orderId: string): number {
    return this.#orders.get(orderId)?.cumQtyE4 ?? 0;
  }

  /** An order arrives; a repeated one is known. */
  accept(order: CaseOrder): void {
    if (this.#orders.has(order.orderId)) return;
    this.#orders.set(order.orderId, { order, cumQtyE4: 0, ended: false, executions: 0 });
    this.#lookSoon(order.orderId);
  }

  cancel(orderId: string): void {
    this.#cancelled.add(orderId);
    this.#lookSoon(orderId);
  }

  #lookSoon(orderId: string): void {
    const { agenda, random, isUnruly } = this.#surroundings;
    agenda.after(random.whole(1, isUnruly() ? WAIT_MS_MAX : ANSWER_MS_MAX), () => {
      this.#look(orderId);
    });
  }

  #look(orderId: string): void {
    const working = this.#orders.get(orderId);
    if (working === undefined || working.ended) return;
    const { random, isUnruly, world, clock } = this.#surroundings;
    const { order } = working;
    if (clock() >= order.validUntil) this.#end(working, 'EXPIRED');
    else if (this.#cancelled.has(orderId)) this.#end(working, 'CANCELLED');
    else if (isUnruly() && random.chance(15)) this.#end(working, 'REJECTED');
    else if (world.prices.get(order.symbol) !== null) this.#trade(working);
    if (this.#isWorking(orderId)) this.#lookSoon(orderId);
  }

  #isWorking(orderId: string): boolean {
    return this.#orders.get(orderId)?.ended === false;
  }

  #trade(working: Working): void {
    const { random, isUnruly, world, tell } = this.#surroundings;
    const { order } = working;
    const leaves = order.qtyE4 - working.cumQtyE4;
    const isPart = isUnruly() && random.chance(50) && leaves > E4;
    const qtyE4 = isPart ? random.whole(1, Math.floor(leaves / E4)) * E4 : leaves;
    const signedE4 = order.side === 'SELL' ? -qtyE4 : qtyE4;
    const { offset } = world.fill(
      order.symbol,
      signedE4,
      world.prices.get(order.symbol) ?? order.priceE4,
    );
    working.cumQtyE4 += qtyE4;
    working.ended = working.cumQtyE4 === order.qtyE4;
    tell(this.#execution(working, working.ended ? 'FILLED' : 'PARTIALLY_FILLED', offset));
  }

  #end(working: Working, status: 'EXPIRED' | 'CANCELLED' | 'REJECTED'): void {
    working.ended = true;
    this.#surroundings.tell(this.#execution(working, status, null));
  }

  #execution(working: Working, status: ExecutionStatus, fillOffset: number | null): CaseExecution {
    working.executions += 1;
    const { orderId } = working.order;
    const execId = `${orderId}-x${String(working.executions)}`;
    return { execId, orderId, cumQtyE4: working.cumQtyE4, status, fillOffset };
  }
}
