import { z } from 'zod';
import {
  executionSchema,
  liquidationOrderSchema,
  orderCancelSchema,
} from '#contracts/case-events.ts';
import { deadLetterKey, encodeDeadLetter } from '#contracts/dead-letter.ts';
import type { Refusal } from '#contracts/dead-letter.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import type { Decoded } from '#contracts/decode-record.ts';
import { deadLetterTopicName, TOPICS } from '#contracts/topics.ts';
import { id, toE4 } from '#contracts/wire.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type {
  FencedWriter,
  PartitionProcessor,
  SendInTransaction,
} from '#ports/partition-owner.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import { decodeOrder, encodeExecution, encodeFill } from './execution-records.ts';
import type { LastPrices } from './last-prices.ts';
import { decideCancel, decideMarket, decideOrder } from './paper-venue.ts';
import type { Market } from './paper-venue.ts';
import { VENUE_LIMITS, VenueBook } from './venue-book.ts';
import type { VenueExecution } from './venue-book.ts';
import type { VenueMetrics } from './venue-metrics.ts';

const ORDERS = TOPICS.liquidationOrders.name;
const CANCELS = TOPICS.orderCancels.name;

/** So many records are decided in one transaction. */
const RECORDS_PER_TRANSACTION_MAX = 500;
/** Working orders look at the market again this long after a price has come. */
const PRICE_PAUSE_MS = 20;
/** The longest a timer sleeps; a later expiry is looked at again then. */
const SLEEP_MAX_MS = 60_000;

/** What the venue needs of its surroundings. */
export interface VenueSurroundings {
  readonly prices: LastPrices;
  readonly quoteAgeMaxMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: VenueMetrics;
  /** A defect: the process should end. */
  readonly onFatal: (error: unknown) => void;
}

/** What one transaction writes, beside the consumed positions. */
interface Outcome {
  readonly executions: VenueExecution[];
  readonly deadLetters: OutboundRecord[];
}

/**
 * Takes a partition over: rebuilds the book from what was executed and cancelled before. Working
 * orders come again by themselves: their offsets are committed only when they are finished.
 */
export async function takeOverVenuePartition(
  writer: FencedWriter,
  surroundings: VenueSurroundings,
): Promise<PartitionProcessor> {
  const book = new VenueBook();
  const now = surroundings.clock.now();
  await writer.readToEnd(TOPICS.executions.name, (records) => {
    for (const record of records) rememberExecution(book, record, now, surroundings);
  });
  await writer.readToEnd(CANCELS, (records) => {
    for (const record of records) rememberCancel(book, record, now);
  });
  return new VenuePartition(book, writer, surroundings);
}

/** Orders and cancels of one partition number, decided one after another, each batch one transaction. */
class VenuePartition implements PartitionProcessor {
  readonly #book: VenueBook;
  readonly #writer: FencedWriter;
  readonly #surroundings: VenueSurroundings;
  readonly #unsubscribe: () => void;
  /** Per input the first offset not yet decided, and what was committed last. */
  readonly #read = new Map<string, number>();
  readonly #committed = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #released = false;

  constructor(book: VenueBook, writer: FencedWriter, surroundings: VenueSurroundings) {
    this.#book = book;
    this.#writer = writer;
    this.#surroundings = surroundings;
    for (const topic of [ORDERS, CANCELS]) {
      this.#read.set(topic, writer.committedPosition(topic));
      this.#committed.set(topic, writer.committedPosition(topic));
    }
    this.#unsubscribe = surroundings.prices.subscribe(() => {
      if (this.#book.workingCount > 0) this.#lookAt(surroundings.clock.now() + PRICE_PAUSE_MS);
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
    this.#read.set(topic, Math.max(position, this.#read.get(topic) ?? 0));
  }

  onRelease(): void {
    this.#released = true;
    this.#unsubscribe();
    clearTimeout(this.#timer);
  }

  async #decideRecords(records: readonly InboundRecord[]): Promise<void> {
    const outcome: Outcome = { executions: [], deadLetters: [] };
    for (const record of records) {
      if (record.topic === ORDERS) this.#decideOrder(record, outcome);
      else this.#decideCancel(record, outcome);
      this.#read.set(record.topic, record.offset + 1);
    }
    await this.#write(outcome);
  }

  #decideOrder(record: InboundRecord, outcome: Outcome): void {
    const decoded = decodeKeyed(liquidationOrderSchema, record);
    if (!decoded.ok) {
      this.#refuse(record, decoded.refusal, outcome);
      return;
    }
    const order = decodeOrder(decoded.record);
    const decision = decideOrder(this.#book, order, this.#market());
    this.#surroundings.metrics.orders.inc({ outcome: decision.code });
    switch (decision.code) {
      case 'EXECUTED':
        this.#executed(decision.execution, outcome);
        return;
      case 'WORKING':
        this.#book.keepWorking(order, record.offset);
        this.#log(order, 'order_works', 'no fresh price: the order works until valid_until');
        return;
      case 'DUPLICATE':
        this.#log(order, 'duplicate_order', 'the order id is known: nothing is executed again');
        return;
      case 'TOO_OLD': {
        const reason =
          decision.execution === null
            ? 'came more than a day after valid_until: it may have been executed before'
            : 'came more than a day after valid_until: it was not executed and has expired';
        if (decision.execution !== null) this.#executed(decision.execution, outcome);
        this.#refuse(record, { code: 'TOO_OLD', reason, accountId: order.accountId }, outcome);
        return;
      }
    }
  }

  #decideCancel(record: InboundRecord, outcome: Outcome): void {
    const decoded = decodeKeyed(orderCancelSchema, record);
    if (!decoded.ok) {
      this.#refuse(record, decoded.refusal, outcome);
      return;
    }
    const cancel = { orderId: decoded.record.order_id, accountId: decoded.record.account_id };
    const decision = decideCancel(this.#book, cancel);
    this.#surroundings.metrics.cancels.inc({ outcome: decision.code });
    switch (decision.code) {
      case 'EXECUTED':
        this.#executed(decision.execution, outcome);
        return;
      case 'WAITS':
        this.#book.keepCancel(cancel.orderId, cancel.accountId, this.#surroundings.clock.now());
        return;
      case 'TOO_LATE':
        this.#log(cancel, 'cancel_too_late', 'the order is finished: there is nothing to cancel');
        return;
      case 'OTHER_ACCOUNT':
        this.#log(cancel, 'cancel_void', 'the order belongs to another account');
        return;
    }
  }

  #executed(execution: VenueExecution, outcome: Outcome): void {
    const { order, status, cumQtyE4 } = execution;
    this.#book.executed(
      { orderId: order.orderId, status, cumQtyE4 },
      this.#surroundings.clock.now(),
    );
    outcome.executions.push(execution);
  }

  #refuse(record: InboundRecord, refusal: Refusal, outcome: Outcome): void {
    const { clock, logger, metrics } = this.#surroundings;
    const letter = encodeDeadLetter(record, refusal, 'venue-adapter', clock.now());
    metrics.deadLetters.inc({ topic: record.topic, code: letter.code });
    logger.warn(
      { event: 'dead_letter', origin: deadLetterKey(record), code: letter.code },
      letter.reason,
    );
    outcome.deadLetters.push({
      topic: deadLetterTopicName(record.topic),
      key: deadLetterKey(record),
      value: JSON.stringify(letter),
    });
  }

  /** Executions, dead letters and consumed positions become visible together, or none of them. */
  async #write(outcome: Outcome): Promise<void> {
    const consumed = [ORDERS, CANCELS]
      .map((topic) => ({ topic, position: this.#finishedPosition(topic) }))
      .filter(({ topic, position }) => position !== this.#committed.get(topic));
    const { executions, deadLetters } = outcome;
    if (executions.length + deadLetters.length + consumed.length > 0) {
      const now = this.#surroundings.clock.now();
      await this.#writer.transact(async (send) => {
        const records = await this.#sendFills(send, executions, now);
        if (records.length + deadLetters.length > 0) await send([...records, ...deadLetters]);
      }, consumed);
      for (const { topic, position } of consumed) this.#committed.set(topic, position);
      this.#report(executions);
    }
    this.#surroundings.metrics.working.set(
      { partition: String(this.#writer.partition) },
      this.#book.workingCount,
    );
    this.#lookAt(this.#book.nextExpiryAt() ?? Infinity);
  }

  /** Fills first, so that each execution names the place of its fill (DESIGN 12). */
  async #sendFills(
    send: SendInTransaction,
    executions: readonly VenueExecution[],
    now: number,
  ): Promise<OutboundRecord[]> {
    const withFill = executions.map((execution) => ({
      execution,
      fill: encodeFill(execution, now),
    }));
    const fills = withFill.flatMap(({ fill }) =>
      fill === null
        ? []
        : [{ topic: TOPICS.fills.name, key: fill.account_id, value: JSON.stringify(fill) }],
    );
    const positions = fills.length === 0 ? [] : await send(fills);
    let next = 0;
    return withFill.map(({ execution, fill }) => ({
      topic: TOPICS.executions.name,
      key: execution.order.accountId,
      partition: this.#writer.partition,
      value: JSON.stringify(
        encodeExecution(execution, fill === null ? null : (positions[next++] ?? null), now),
      ),
    }));
  }

  #report(executions: readonly VenueExecution[]): void {
    const { logger, metrics } = this.#surroundings;
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

  /** What a restart need not read again: a working order is not finished. */
  #finishedPosition(topic: string): number {
    const read = this.#read.get(topic) ?? 0;
    return topic === ORDERS ? (this.#book.oldestWorkingOffset() ?? read) : read;
  }

  #market(): Market {
    const { prices, quoteAgeMaxMs, clock } = this.#surroundings;
    return { lastPrice: (symbol) => prices.get(symbol), quoteAgeMaxMs, now: clock.now() };
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
    this.#inTurn(async () => {
      if (this.#released) return;
      const outcome: Outcome = { executions: [], deadLetters: [] };
      for (const execution of decideMarket(this.#book, this.#market())) {
        this.#executed(execution, outcome);
      }
      await this.#write(outcome);
    }).catch((error: unknown) => {
      // A failed transaction has been told to the owner, which gives the partition up.
      if (!this.#released) this.#surroundings.onFatal(error);
    });
  }

  /** Batches, prices and timers take turns: one decision sees the book that the last one left. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(work);
    this.#turn = run.catch(() => undefined);
    return run;
  }

  #log(
    order: { readonly orderId: string; readonly accountId: string },
    event: string,
    message: string,
  ): void {
    this.#surroundings.logger.info(
      { event, order_id: order.orderId, account_id: order.accountId },
      message,
    );
  }
}

/** A record of the schema under its account's key; another key would lie on another partition. */
function decodeKeyed<T extends { readonly account_id: string }>(
  schema: z.ZodType<T>,
  record: InboundRecord,
): Decoded<T> {
  const decoded = decodeRecord(schema, record.value, record.key);
  if (!decoded.ok || decoded.record.account_id === record.key) return decoded;
  const reason = `the key is ${JSON.stringify(record.key)}, account_id is ${decoded.record.account_id}`;
  const accountId = decoded.record.account_id;
  return { ok: false, refusal: { code: 'WRONG_KEY', reason, accountId } };
}

/**
 * Our own records. One that cannot be read was written by somebody else or by another version: it is
 * told and passed over, but an order that it names is never executed again.
 */
function rememberExecution(
  book: VenueBook,
  record: InboundRecord,
  now: number,
  { logger, metrics }: VenueSurroundings,
): void {
  if (record.timestamp < now - VENUE_LIMITS.orderMemoryMs) return;
  const decoded = decodeRecord(executionSchema, record.value, record.key);
  if (!decoded.ok) {
    const { code, reason } = decoded.refusal;
    const named = decodeRecord(NAMES_AN_ORDER, record.value, null);
    const orderId = named.ok ? named.record.order_id : null;
    if (orderId !== null) {
      book.executed({ orderId, status: 'REJECTED', cumQtyE4: 0 }, record.timestamp);
    }
    metrics.unreadable.inc({ topic: record.topic, code });
    logger.error(
      { event: 'unreadable', origin: deadLetterKey(record), code, order_id: orderId, reason },
      'an execution that cannot be read: passed over; the order that it names is not executed again',
    );
    return;
  }
  const { order_id: orderId, status, cum_qty: cumQty, timestamp } = decoded.record;
  book.executed({ orderId, status, cumQtyE4: toE4(cumQty) }, timestamp);
}

/** As much of an execution as tells which order it was. */
const NAMES_AN_ORDER = z.looseObject({ order_id: id });

/** Every cancel that is there already counts before the orders: they may come from a backlog. */
function rememberCancel(book: VenueBook, record: InboundRecord, now: number): void {
  if (record.timestamp < now - VENUE_LIMITS.orderMemoryMs) return;
  const decoded = decodeKeyed(orderCancelSchema, record);
  if (!decoded.ok) return;
  const { order_id: orderId, account_id: accountId } = decoded.record;
  if (!book.isFinished(orderId)) book.keepCancel(orderId, accountId, now);
}
