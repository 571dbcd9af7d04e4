import { TOPICS } from '#contracts/topics.ts';
import { Ownership } from '#domain/gate/ownership.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { FencedWriter, PartitionProcessor } from '#ports/partition-owner.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import type { ControlFollower } from '../order-path/control-follower.ts';
import type { LastPrices } from '../order-path/last-prices.ts';
import { lastHop, standingAgainst } from './last-hop.ts';
import { decideCancel, decideMarket, decideOrder, mayStand, refusedByGate } from './paper-venue.ts';
import type { CancelOutcome, Market, OrderOutcome, PaperMarket } from './paper-venue.ts';
import { sendExecutions } from './send-executions.ts';
import { arrivalOf } from './venue-arrivals.ts';
import type { Arrival } from './venue-arrivals.ts';
import { VENUE_LIMITS, VenueBook } from './venue-book.ts';
import type { OrderName, VenueExecution, VenueOrder } from './venue-book.ts';
import { rememberCancel, rememberExecution, rememberOwner } from './venue-memory.ts';
import type { VenueMetrics } from './venue-metrics.ts';
import { VenuePositions } from './venue-positions.ts';

const GATED = TOPICS.gatedOrders.name;

/** So many records are decided in one transaction. */
const RECORDS_PER_TRANSACTION_MAX = 500;
/** Working orders look at the market again this long after a price has come. */
const PRICE_PAUSE_MS = 20;
/** Orders that wait for proved controls look again after so long. */
const REOPEN_POLL_MS = 20;
/**
 * What was read and asks for nothing to be written is committed with the next that does, or so much later:
 * a transaction of its own is as dear as one that writes, and whoever reads it again decides the same.
 */
const POSITIONS_MS = 1_000;
/** The longest a timer sleeps; a later expiry is looked at again then. */
const SLEEP_MAX_MS = 60_000;

/** What the venue needs of its surroundings. */
export interface VenueSurroundings {
  readonly prices: LastPrices;
  readonly controls: ControlFollower;
  /** May anything be executed now? */
  readonly isOpen: (now: number) => boolean;
  readonly paper: PaperMarket;
  readonly quoteAgeMaxMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: VenueMetrics;
  /** A defect: the process should end. */
  readonly onFatal: (error: unknown) => void;
}

/** What became of the orders and cancels of one transaction. */
interface Outcome {
  readonly executions: VenueExecution[];
  readonly decided: Decided[];
}

type Decided = OrderName &
  (
    | { readonly of: 'orders'; readonly code: OrderOutcome['code'] }
    | { readonly of: 'cancels'; readonly code: CancelOutcome['code'] }
  );

/** What is told beside the count. */
const NOTES: Partial<Record<Decided['code'], readonly [event: string, message: string]>> = {
  DUPLICATE: ['duplicate_order', 'the order id is known: nothing is executed again'],
  TOO_OLD: ['order_too_old', 'so late that it may have been executed before'],
  TOO_LATE: ['cancel_too_late', 'the order is finished: there is nothing to cancel'],
};

/**
 * Takes a partition over: rebuilds the book from what was executed and cancelled before, and learns who
 * owned the partition of the gate when. Working orders come again by themselves: their offsets are
 * committed only when they are finished.
 */
export async function takeOverVenuePartition(
  writer: FencedWriter,
  surroundings: VenueSurroundings,
): Promise<VenuePartition> {
  const book = new VenueBook();
  const ownership = new Ownership();
  const now = surroundings.clock.now();
  const remembered = { sinceMs: now - VENUE_LIMITS.orderMemoryMs };
  const readExecutions = (records: readonly InboundRecord[]): void => {
    for (const record of records) rememberExecution(book, record, now, surroundings);
  };
  const readCancels = (records: readonly InboundRecord[]): void => {
    for (const record of records) rememberCancel(book, record, now);
  };
  await writer.readToEnd(TOPICS.executions.name, readExecutions, remembered);
  await writer.readToEnd(TOPICS.orderCancels.name, readCancels, remembered);
  await writer.readToEnd(GATED, (records) => {
    for (const record of records) rememberOwner(ownership, record);
  });
  return new VenuePartition(book, ownership, writer, surroundings);
}

/** Decisions and cancels of one partition number, taken one after another, each batch one transaction. */
export class VenuePartition implements PartitionProcessor {
  readonly #book: VenueBook;
  readonly #ownership: Ownership;
  readonly #writer: FencedWriter;
  readonly #surroundings: VenueSurroundings;
  readonly #unsubscribe: readonly (() => void)[];
  readonly #positions: VenuePositions;
  #turn: Promise<unknown> = Promise.resolve();
  /** The last transaction that has had its last look: its commit is under way, or over. */
  #committing: Promise<unknown> = Promise.resolve();
  /** Turns under way or waiting. */
  #turns = 0;
  #positionsTimer: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #released = false;

  constructor(
    book: VenueBook,
    ownership: Ownership,
    writer: FencedWriter,
    surroundings: VenueSurroundings,
  ) {
    this.#book = book;
    this.#ownership = ownership;
    this.#writer = writer;
    this.#surroundings = surroundings;
    this.#positions = new VenuePositions(writer);
    const { prices, controls, clock } = surroundings;
    this.#unsubscribe = [
      prices.subscribe(() => {
        if (this.#book.workingCount > 0) this.#lookAt(clock.now() + PRICE_PAUSE_MS);
      }),
      controls.subscribe(() => {
        if (this.#book.workingCount > 0) this.#lookAt(clock.now());
      }),
    ];
  }

  get partition(): number {
    return this.#writer.partition;
  }

  get isReleased(): boolean {
    return this.#released;
  }

  /** May something that it has decided still come through? */
  get isBusy(): boolean {
    return this.#turns > 0;
  }

  /**
   * Resolves when nothing can become visible any more that has not looked at the controls of now. What
   * has been decided and not yet had its last look will see them there: only a commit under way counts.
   */
  async drained(): Promise<void> {
    await this.#committing;
  }

  /** Scopes with orders here that their controls stop and that have not ended yet. */
  cancelsPending(): string[] {
    return [...this.#book.working()].flatMap((order) => {
      const standing = standingAgainst(order, this.#surroundings.controls);
      return standing === null ? [] : [standing.scope];
    });
  }

  onBatch(records: readonly InboundRecord[]): Promise<void> {
    return this.#inTurn(async () => {
      for (let from = 0; from < records.length; from += RECORDS_PER_TRANSACTION_MAX) {
        await this.#decideRecords(records.slice(from, from + RECORDS_PER_TRANSACTION_MAX));
      }
    });
  }

  onPosition(topic: string, position: number): void {
    this.#positions.readTo(topic, position);
  }

  onRelease(): void {
    this.#released = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    clearTimeout(this.#timer);
    clearTimeout(this.#positionsTimer);
  }

  async #decideRecords(records: readonly InboundRecord[]): Promise<void> {
    const arrivals = records.flatMap((record) => {
      const arrival = arrivalOf(record, this.#ownership, this.#surroundings);
      this.#positions.readTo(record.topic, record.offset + 1);
      return arrival ?? [];
    });
    const letters = arrivals.flatMap((arrival) => (arrival.is === 'BAD' ? arrival.letter : []));
    await this.#carryOut((outcome) => {
      for (const arrival of arrivals) this.#decide(arrival, outcome);
    }, letters);
  }

  #decide(arrival: Arrival, outcome: Outcome): void {
    switch (arrival.is) {
      case 'ORDER':
        this.#decideOrder(arrival.order, arrival.offset, outcome);
        return;
      case 'REFUSED': {
        const { order, why } = arrival;
        if (this.#book.isFinished(order) || this.#book.workingOrder(order) !== undefined) return;
        this.#executed(refusedByGate(order, why), outcome);
        return;
      }
      case 'CANCEL':
        this.#decideCancel(arrival.cancel, outcome, arrival.mayPrecede);
        return;
      case 'BAD':
    }
  }

  #decideOrder(order: VenueOrder, offset: number, outcome: Outcome): void {
    const market = this.#market();
    const decision = decideOrder(this.#book, order, market);
    const { orderId, accountId } = order;
    outcome.decided.push({ of: 'orders', orderId, accountId, code: decision.code });
    if (decision.code === 'WORKING') {
      this.#book.keepWorking(order, offset, market.now + market.paper.fillDelayMs);
    }
    if ('execution' in decision && decision.execution !== null) {
      this.#executed(decision.execution, outcome);
    }
  }

  #decideCancel(cancel: OrderName, outcome: Outcome, mayPrecede: boolean): void {
    const decision = decideCancel(this.#book, cancel);
    outcome.decided.push({ of: 'cancels', ...cancel, code: decision.code });
    if (decision.code === 'EXECUTED') this.#executed(decision.execution, outcome);
    if (decision.code === 'WAITS' && mayPrecede) {
      this.#book.keepCancel(cancel, this.#surroundings.clock.now());
    }
  }

  #executed(execution: VenueExecution, outcome: Outcome): void {
    const { order, status, cumQtyE4 } = execution;
    const { clock, paper } = this.#surroundings;
    const { orderId, accountId } = order;
    this.#book.executed({ orderId, accountId, status, cumQtyE4 }, clock.now());
    outcome.executions.push(execution);
    const working = this.#book.workingOrder(order);
    if (status !== 'PARTIALLY_FILLED' || working === undefined) return;
    const nextAt = clock.now() + Math.max(paper.fillDelayMs, PRICE_PAUSE_MS);
    this.#book.keepWorking(working, working.offset, nextAt);
  }

  /**
   * Executions, dead letters and consumed positions become visible together, or none of them. When a last
   * look forbids what was decided, a control having come, its proof or the price having grown old, all of
   * it is taken back and decided anew, on the prices and controls of then.
   */
  async #carryOut(
    decide: (outcome: Outcome) => void,
    letters: readonly OutboundRecord[] = [],
  ): Promise<void> {
    const { metrics, clock } = this.#surroundings;
    for (;;) {
      this.#book.mark();
      const outcome: Outcome = { executions: [], decided: [] };
      decide(outcome);
      const isAny = outcome.executions.length + letters.length > 0;
      if (!isAny) this.#commitLater();
      if (!isAny || (await this.#written(outcome.executions, letters))) {
        this.#report(outcome);
        break;
      }
      this.#book.takeBack();
    }
    metrics.working.set({ partition: String(this.#writer.partition) }, this.#book.workingCount);
    this.#lookAt(this.#book.nextLookAt(clock.now()) ?? Infinity);
    this.#lookAgainWhenOpen();
  }

  /** Commits how far was read, within POSITIONS_MS. */
  #commitLater(): void {
    this.#positionsTimer ??= setTimeout(() => {
      this.#positionsTimer = undefined;
      this.#inTurnAlone(() => this.#written([], []));
    }, POSITIONS_MS);
  }

  /** False when a last look, immediately before the commit, forbids what moves shares. */
  async #written(
    executions: readonly VenueExecution[],
    deadLetters: readonly OutboundRecord[],
  ): Promise<boolean> {
    const consumed = this.#positions.uncommitted(this.#book.oldestWorkingOffset());
    if (executions.length + deadLetters.length + consumed.length === 0) return true;
    const now = this.#surroundings.clock.now();
    const transaction: Promise<boolean> = this.#writer.transactIf(
      async (send) => {
        await sendExecutions(send, executions, { partition: this.#writer.partition, now });
        if (deadLetters.length > 0) await send(deadLetters);
      },
      consumed,
      () => {
        const stands = !this.#released && mayStand(executions, this.#market());
        if (stands) this.#committing = transaction.catch(() => undefined);
        return stands;
      },
    );
    const committed = await transaction;
    if (!committed) return false;
    this.#positions.committed(consumed);
    return true;
  }

  #report({ executions, decided }: Outcome): void {
    const { logger, metrics } = this.#surroundings;
    for (const { of, code, orderId, accountId } of decided) {
      metrics[of].inc({ outcome: code });
      const [event, message] = NOTES[code] ?? [];
      if (message === undefined) continue;
      logger.info({ event, order_id: orderId, account_id: accountId }, message);
    }
    for (const { order, status, lastQtyE4, reason } of executions) {
      metrics.executions.inc({ status });
      logger.info(
        {
          event: 'execution',
          order_id: order.orderId,
          account_id: order.accountId,
          symbol: order.symbol,
          status,
          last_qty_e4: lastQtyE4,
          corr_id: order.corrId,
        },
        reason,
      );
    }
  }

  #market(): Market {
    const { prices, quoteAgeMaxMs, clock, paper, isOpen, controls } = this.#surroundings;
    const now = clock.now();
    const open = isOpen(now);
    return {
      lastPrice: (symbol) => prices.get(symbol),
      lastHop: (order) => lastHop(order, controls, open),
      ...{ paper, quoteAgeMaxMs, now },
    };
  }

  /** Orders that wait for proved controls look again soon. */
  #lookAgainWhenOpen(): void {
    const { clock, isOpen } = this.#surroundings;
    const now = clock.now();
    if (this.#book.workingCount > 0 && !isOpen(now)) this.#lookAt(now + REOPEN_POLL_MS);
  }

  /** Looks at the market at `at` (Unix ms), or earlier when that was asked for before. */
  #lookAt(at: number): void {
    if (this.#released || at >= this.#timerAt || at === Infinity) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const sleepMs = Math.min(Math.max(0, at - this.#surroundings.clock.now()), SLEEP_MAX_MS);
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      this.#look();
    }, sleepMs);
  }

  #look(): void {
    this.#inTurnAlone(() =>
      this.#carryOut((outcome) => {
        for (const execution of decideMarket(this.#book, this.#market())) {
          this.#executed(execution, outcome);
        }
      }),
    );
  }

  /** For what nobody waits for. */
  #inTurnAlone(work: () => Promise<unknown>): void {
    this.#inTurn(async () => {
      if (!this.#released) await work();
    }).catch((error: unknown) => {
      // A failed transaction has been told to the owner, which gives the partition up.
      if (!this.#released) this.#surroundings.onFatal(error);
    });
  }

  /** Batches, prices and timers take turns: one decision sees the book that the last one left. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turns += 1;
    const run = this.#turn.then(work).finally(() => {
      this.#turns -= 1;
    });
    this.#turn = run.catch(() => undefined);
    return run;
  }
}
