import { isDeepStrictEqual } from 'node:util';
import { auditSchema, executionSchema } from '#contracts/case-events.ts';
import type { AuditRecord } from '#contracts/case-events.ts';
import { gatedOrderSchema } from '#contracts/gated-orders.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import { ORDER_DECISION, orderAudit } from '#contracts/order-audit.ts';
import { TOPICS } from '#contracts/topics.ts';
import { LIQUIDATION_ID_PREFIX } from '#domain/gate/orders.ts';
import { Ownership } from '#domain/gate/ownership.ts';
import type { InboundRecord } from '#ports/records.ts';

/**
 * What became of every order of customers, from the topics alone: an independent count, for the demo, the
 * benchmarks and the tests (DESIGN 19: in = allowed + dropped + throttled + duplicate + rejected).
 */

/** What a ledger has to be told, each partition's records in their order. */
export const LEDGER_TOPICS = [
  TOPICS.orders.name,
  TOPICS.gatedOrders.name,
  TOPICS.audit.name,
  TOPICS.executions.name,
] as const;

const FROM_CUSTOMERS = `${TOPICS.orders.name}:`;

/** A decision that counts, and the broker's timestamp of it, Unix ms. */
export interface CountedDecision {
  readonly decision: GatedDecision;
  readonly offset: number;
  readonly at: number;
}

/** One execution with a quantity. */
export interface CountedExecution {
  readonly accountId: string;
  readonly orderId: string;
  readonly symbol: string;
  /** Shares. */
  readonly qty: number;
  /** The broker's timestamp, Unix ms. */
  readonly at: number;
}

/** Everything that has to come out even; `wrong` is empty when it does. */
export interface Reconciliation {
  readonly orders: number;
  readonly decided: Readonly<Record<GatedDecision['decision'], number>>;
  /** Decisions of gates that had lost their partition: void for every reader. */
  readonly voidDecisions: number;
  /** Audits of such decisions. */
  readonly voidAudits: number;
  /** Audits that a later owner has told again, under the same event id, because a crash hid the first. */
  readonly auditsToldAgain: number;
  /** What does not come out even, in words, each with how many. */
  readonly wrong: readonly string[];
}

interface Entry {
  /** Did it come in on orders.v1? */
  sent: boolean;
  readonly valid: CountedDecision[];
  voidDecisions: number;
  readonly audits: Audited[];
}

interface Audited {
  /** Of the decision in orders.gated.v1. */
  readonly offset: number;
  readonly told: AuditRecord;
}

interface Executed {
  readonly execIds: Set<string>;
  /** Shares. */
  qty: number;
}

/** Takes the records of LEDGER_TOPICS and counts. */
export class OrderLedger {
  readonly #entries = new Map<string, Entry>();
  readonly #owners = new Map<number, Ownership>();
  readonly #executed = new Map<string, Executed>();
  readonly #executions: CountedExecution[] = [];
  #twice = 0;

  take(record: InboundRecord): void {
    if (record.topic === TOPICS.orders.name) {
      const { topic, partition, offset } = record;
      this.#entry(`${topic}:${String(partition)}:${String(offset)}`).sent = true;
      return;
    }
    const json: unknown = JSON.parse(String(Buffer.from(record.value ?? [])));
    switch (record.topic) {
      case TOPICS.gatedOrders.name:
        this.#takeGated(record, json);
        break;
      case TOPICS.audit.name:
        this.#takeAudit(json);
        break;
      case TOPICS.executions.name:
        this.#takeExecution(record, json);
        break;
    }
  }

  /** The valid decisions on orders of customers, as they came. */
  decisions(): CountedDecision[] {
    return [...this.#entries.values()].flatMap(({ valid }) => valid);
  }

  /** Executions with a quantity, as they came. */
  executions(): readonly CountedExecution[] {
    return this.#executions;
  }

  /** Orders that came in so far. */
  ordersIn(): number {
    return this.#count(({ sent }) => sent);
  }

  /** Orders that came in and have a decision that counts and its audit. */
  settled(): number {
    return this.#count((entry) => entry.sent && entry.valid.length > 0 && auditsOf(entry) > 0);
  }

  reconcile(): Reconciliation {
    const decided = { ALLOW: 0, DROP: 0, THROTTLE: 0, DUPLICATE: 0, REJECT: 0 };
    for (const { decision } of this.decisions()) decided[decision.decision] += 1;
    const wrong: readonly (readonly [string, number])[] = [
      ['orders without a decision', this.#count(({ sent, valid }) => sent && valid.length === 0)],
      ['orders with two decisions', this.#count(({ valid }) => valid.length > 1)],
      [
        'decisions on what nobody sent',
        this.#count(({ sent, valid }) => !sent && valid.length > 0),
      ],
      ['decisions without an audit', this.#count((e) => e.valid.length > 0 && auditsOf(e) === 0)],
      ['decisions of which an audit tells something else', this.#count(isToldWrongly)],
      ['executions that were told twice', this.#twice],
      ['orders executed that were not allowed, or beyond their quantity', this.#unallowed()],
    ];
    return {
      orders: this.ordersIn(),
      decided,
      voidDecisions: this.#sum(({ voidDecisions }) => voidDecisions),
      voidAudits: this.#sum((entry) => entry.audits.length - auditsOf(entry)),
      auditsToldAgain: this.#sum((entry) => Math.max(0, auditsOf(entry) - 1)),
      wrong: wrong.flatMap(([what, count]) => (count === 0 ? [] : [`${String(count)} ${what}`])),
    };
  }

  #entry(eventId: string): Entry {
    let entry = this.#entries.get(eventId);
    if (entry === undefined) {
      entry = { sent: false, valid: [], voidDecisions: 0, audits: [] };
      this.#entries.set(eventId, entry);
    }
    return entry;
  }

  #takeGated({ partition, offset, timestamp: at }: InboundRecord, json: unknown): void {
    const told = gatedOrderSchema.parse(json);
    const ownership = this.#owners.get(partition) ?? new Ownership();
    this.#owners.set(partition, ownership);
    if (told.kind === 'OWNER') {
      ownership.marker(offset);
      return;
    }
    if (told.source.topic !== TOPICS.orders.name) return;
    const entry = this.#entry(told.event_id);
    if (ownership.isValid(told.epoch, offset)) entry.valid.push({ decision: told, offset, at });
    else entry.voidDecisions += 1;
  }

  #takeAudit(json: unknown): void {
    const told = auditSchema.parse(json);
    const { event_id: eventId, event_type: type, details } = told;
    if (type !== ORDER_DECISION || !eventId.startsWith(FROM_CUSTOMERS)) return;
    this.#entry(eventId).audits.push({ offset: Number(details.gated_offset), told });
  }

  #takeExecution({ timestamp: at }: InboundRecord, json: unknown): void {
    const told = executionSchema.parse(json);
    const { account_id: accountId, order_id: orderId, symbol, last_qty: qty } = told;
    if (qty === 0 || orderId.startsWith(LIQUIDATION_ID_PREFIX)) return;
    const name = nameOf(accountId, orderId);
    const executed = this.#executed.get(name) ?? { execIds: new Set(), qty: 0 };
    this.#executed.set(name, executed);
    if (executed.execIds.has(told.exec_id)) this.#twice += 1;
    executed.execIds.add(told.exec_id);
    executed.qty += qty;
    this.#executions.push({ accountId, orderId, symbol, qty, at });
  }

  /** Orders of which more was executed than the gate let pass. */
  #unallowed(): number {
    const allowed = new Map<string, number>();
    for (const { decision } of this.decisions()) {
      const { order } = decision;
      if (decision.decision !== 'ALLOW' || order?.type !== 'NEW') continue;
      allowed.set(nameOf(order.account_id, order.order_id), order.qty);
    }
    return [...this.#executed].filter(([name, { qty }]) => qty > (allowed.get(name) ?? 0)).length;
  }

  #count(holds: (entry: Entry) => boolean): number {
    return this.#sum((entry) => (holds(entry) ? 1 : 0));
  }

  #sum(of: (entry: Entry) => number): number {
    let sum = 0;
    for (const entry of this.#entries.values()) sum += of(entry);
    return sum;
  }
}

/** How many audits there are of the decision that counts. */
function auditsOf({ valid, audits }: Entry): number {
  return audits.filter(({ offset }) => valid.some((each) => each.offset === offset)).length;
}

/** However often it is told: an audit says all of its decision, and nothing else. */
function isToldWrongly({ valid, audits }: Entry): boolean {
  return valid.some(({ offset, decision }) =>
    audits.some(
      (audit) =>
        audit.offset === offset &&
        !isDeepStrictEqual(
          audit.told,
          orderAudit(decision, offset, audit.told.account_id ?? 'UNKNOWN'),
        ),
    ),
  );
}

function nameOf(accountId: string, orderId: string): string {
  return `${accountId}/${orderId}`;
}
