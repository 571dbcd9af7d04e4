import {
  auditSchema,
  executionSchema,
  liquidationOrderSchema,
  liquidationSchema,
  marginCallSchema,
  restrictionSchema,
} from '#contracts/case-events.ts';
import type {
  ExecutionRecord,
  LiquidationOrderRecord,
  LiquidationRecord,
  MarginCallRecord,
  RestrictionRecord,
} from '#contracts/case-events.ts';
import { marginCalcSchema } from '#contracts/margin-figures.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { noticeSchema } from '#contracts/notices.ts';
import type { NoticeRecord } from '#contracts/notices.ts';
import { allTopics, TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { CANARY } from './load.ts';

/** Reads along what the product says, as any consumer could, and keeps what the verdict needs. */

export type CaseEvent = MarginCallRecord | RestrictionRecord | LiquidationRecord;

/** Did the stress holder do it? It goes on and comes off by times of its own, whatever the episode. */
export function isOfStress(event: CaseEvent): boolean {
  return 'holder' in event && event.holder === 'stress';
}

/** An event of a case, and when its record was written by the process that wrote it, Unix ms. */
export interface Said<T> {
  readonly event: T;
  readonly writtenAt: number;
}

/** From the first figures below the line to the first above it; null while it lasts. */
export interface Trouble {
  readonly accountId: string;
  readonly from: number;
  to: number | null;
}

const ACCELERATED = 'ACCELERATED';

export class RunWatch {
  /** Every topic of output and evidence. */
  static readonly topics: readonly string[] = [
    ...[
      TOPICS.marginCalc,
      TOPICS.marginCalls,
      TOPICS.restrictions,
      TOPICS.liquidations,
      TOPICS.liquidationOrders,
      TOPICS.executions,
      TOPICS.notices,
      TOPICS.audit,
    ].map(({ name }) => name),
    ...allTopics()
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.dlq')),
  ];

  readonly figures = new Map<string, MarginCalcRecord>();
  readonly troubles: Trouble[] = [];
  /** When the canary's n-th dollar was in its figures. */
  readonly canarySeenAt: number[] = [];
  readonly events: Said<CaseEvent>[] = [];
  readonly orders = new Map<string, LiquidationOrderRecord>();
  readonly executions = new Map<string, ExecutionRecord>();
  /** `account/episode` of calls that were accelerated. */
  readonly accelerated = new Set<string>();
  /** The attempts to tell a customer that arrived, by notice, account and channel. */
  readonly deliveries = new Map<string, Set<string>>();
  /** What is wrong whatever comes later. */
  readonly wrongs: string[] = [];
  /** Records that repeat an earlier one word for word: at least once is what is promised. */
  repeats = 0;
  figuresSeen = 0;
  readonly #openTroubles = new Map<string, Trouble>();
  readonly #said = new Map<string, string>();
  readonly #generations = new Map<number, number>();

  read(records: readonly InboundRecord[]): void {
    for (const record of records) this.#readOne(record);
  }

  #readOne(record: InboundRecord): void {
    if (record.topic.endsWith('.dlq')) {
      this.wrongs.push(`a dead letter on ${record.topic}: ${text(record)}`);
      return;
    }
    if (record.value === null) return;
    switch (record.topic) {
      case TOPICS.marginCalc.name:
        this.#readFigures(record);
        return;
      case TOPICS.marginCalls.name:
        this.#keepEvent(record, marginCallSchema.parse(content(record)));
        return;
      case TOPICS.restrictions.name:
        this.#keepEvent(record, restrictionSchema.parse(content(record)));
        return;
      case TOPICS.liquidations.name:
        this.#keepEvent(record, liquidationSchema.parse(content(record)));
        return;
      case TOPICS.liquidationOrders.name: {
        const order = liquidationOrderSchema.parse(content(record));
        if (this.#isNew(record, order.order_id)) this.orders.set(order.order_id, order);
        return;
      }
      case TOPICS.executions.name: {
        const execution = executionSchema.parse(content(record));
        if (this.#isNew(record, execution.exec_id)) {
          this.executions.set(execution.exec_id, execution);
        }
        return;
      }
      case TOPICS.notices.name:
        this.#readNotice(noticeSchema.parse(content(record)));
        return;
      default:
        this.#readAudit(record);
    }
  }

  #readFigures(record: InboundRecord): void {
    this.figuresSeen += 1;
    const figures = marginCalcSchema.parse(content(record));
    const { account_id: accountId, generation, sequence } = figures;
    const before = this.figures.get(accountId);
    const where = `${accountId} at ${String(record.partition)}/${String(record.offset)}`;
    if (generation < (this.#generations.get(record.partition) ?? 0)) {
      this.wrongs.push(`figures of ${where} were written by an engine that had been replaced`);
    }
    this.#generations.set(record.partition, generation);
    if (
      before !== undefined &&
      (before.generation > generation ||
        (before.generation === generation && before.sequence >= sequence) ||
        before.input_offsets['fills.v1'] > figures.input_offsets['fills.v1'] ||
        before.input_offsets['cash.v1'] > figures.input_offsets['cash.v1'])
    ) {
      this.wrongs.push(`figures of ${where} go backwards`);
    }
    this.figures.set(accountId, figures);
    this.#trackTrouble(figures, record.timestamp);
    if (accountId !== CANARY) return;
    for (let dollar = this.canarySeenAt.length + 1; dollar <= figures.cash; dollar += 1) {
      this.canarySeenAt.push(record.timestamp);
    }
  }

  #trackTrouble({ account_id: accountId, status }: MarginCalcRecord, at: number): void {
    const open = this.#openTroubles.get(accountId);
    if (status === 'MARGIN_CALL' && open === undefined) {
      const trouble: Trouble = { accountId, from: at, to: null };
      this.#openTroubles.set(accountId, trouble);
      this.troubles.push(trouble);
    }
    if (status !== 'MARGIN_CALL' && open !== undefined) {
      open.to = at;
      this.#openTroubles.delete(accountId);
    }
  }

  #keepEvent(record: InboundRecord, event: CaseEvent): void {
    if (!this.#isNew(record, event.event_id)) return;
    this.events.push({ event, writtenAt: record.timestamp });
  }

  #readNotice({ state, kind, account_id, notice_id, channel, attempt_id }: NoticeRecord): void {
    if (state !== 'DELIVERED') return;
    const notice = `the notice of ${kind} to ${account_id} (${notice_id}) by ${channel}`;
    this.deliveries.set(notice, (this.deliveries.get(notice) ?? new Set()).add(attempt_id));
  }

  #readAudit(record: InboundRecord): void {
    const event = auditSchema.parse(content(record));
    if (!this.#isNew(record, event.event_id)) return;
    if (event.event_type !== ACCELERATED) return;
    this.accelerated.add(`${event.account_id}/${String(event.details.episode)}`);
  }

  /** False for a repeat; one that says something else under the same id is wrong. */
  #isNew(record: InboundRecord, id: string): boolean {
    const key = `${record.topic} ${id}`;
    const said = text(record);
    const before = this.#said.get(key);
    if (before === undefined) {
      this.#said.set(key, said);
      return true;
    }
    this.repeats += 1;
    if (before !== said) this.wrongs.push(`${key} was said twice, differently: ${before} ${said}`);
    return false;
  }
}

function text(record: InboundRecord): string {
  return record.value === null ? '' : new TextDecoder().decode(record.value);
}

function content(record: InboundRecord): unknown {
  return JSON.parse(text(record));
}
