import {
  ACCOUNT_CASE_WORKFLOW,
  accountCaseId,
  MACHINE_EVENT_SIGNAL,
} from '#contracts/case-messages.ts';
import { noticeSchema } from '#contracts/notices.ts';
import type { NoticeRecord } from '#contracts/notices.ts';
import { TOPICS } from '#contracts/topics.ts';
import { liquidationOrderSchema } from '#contracts/case-events.ts';
import type { LiquidationOrderRecord } from '#contracts/case-events.ts';
import { toE4 } from '#contracts/wire.ts';
import type {
  FiguresReading,
  FiguresRequest,
  MachineEvent,
  StaleReason,
} from '#domain/case-events.ts';
import type { FirmHold, StartAnswer, StartRequest } from '#domain/firm-enforcement.ts';
import type { CaseFigures } from '#domain/case-figures.ts';
import { accountFigures } from '#domain/margin.ts';
import type { Position } from '#domain/margin.ts';
import { E4, marketValueE4 } from '#domain/money.ts';
import type { Policy } from '#domain/policy.ts';
import { stressExcessOf } from '#domain/stress-verdict.ts';
import type { FirmWatch } from '#ports/firm-enforcement.ts';
import type { FiguresReader } from '#ports/figures-reader.ts';
import type { Held, Holdings } from '#ports/holdings.ts';
import type { Message, MessageChannel, MessageChannels, Sent } from '#ports/message-channel.ts';
import type { NoticeLog } from '#ports/notice-log.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { OutboundRecord, RecordPosition } from '#ports/records.ts';
import type { Client } from '@temporalio/client';

/** What one record said, with the topic it went to. */
export interface Written {
  readonly topic: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/**
 * The world around one case, in memory and small enough to read: an account with one position, its
 * figures by the product's own rules, a reader that is fresh until told otherwise, a venue that fills
 * at the last price. For tests of the workflow's shell; the demo runs on the real parts.
 */
export class CaseWorld
  implements Publisher, FiguresReader, FirmWatch, Holdings, MessageChannels, NoticeLog
{
  readonly written: Written[] = [];
  /** What the customer got. */
  readonly messages: Message[] = [];
  /** What becomes of a message to the customer. */
  deliver: () => Promise<Sent> = () => Promise.resolve({ outcome: 'DELIVERED' });
  readonly accountId: string;
  readonly taskQueue: string;
  readonly policy: Policy;
  /** What the reader answers in place of fresh figures. */
  stale: StaleReason | null = null;
  /** What the firm holds, and what the liquidation brake answers. */
  held: FirmHold[] = [];
  brake: StartAnswer = 'GRANTED';
  /** What happens while the figures are re-read. */
  whileReading: () => Promise<void> = () => Promise.resolve();
  /** How often the figures were re-read. */
  readings = 0;
  /** Whether records can be written; how often that failed. */
  logIsUp = true;
  failedWrites = 0;
  /** What happens before records are written. */
  beforeWriting: (records: readonly OutboundRecord[]) => Promise<void> = () => Promise.resolve();
  /** Whether the venue fills orders. */
  venueIsOpen = true;
  readonly #client: Client;
  /** 500 NVDA against a debit of $150,000: healthy at $500, thin at $410, $3,750 short at $390. */
  #cashE4 = -150_000 * E4;
  #position: Position = { symbol: 'NVDA', qtyE4: 500 * E4, priceE4: 500 * E4, betaE4: 18_000 };
  #creditedTotalE4 = 0;
  #sequence = 0;
  #fillsPosition = 0;

  constructor(options: {
    readonly client: Client;
    readonly taskQueue: string;
    readonly policy: Policy;
    readonly accountId: string;
  }) {
    this.#client = options.client;
    this.taskQueue = options.taskQueue;
    this.policy = options.policy;
    this.accountId = options.accountId;
  }

  get caseId(): string {
    return accountCaseId('', this.accountId);
  }

  /** The actions of one topic, in the order in which they were written. */
  actions(topic: string): unknown[] {
    return this.written
      .filter((entry) => entry.topic === topic)
      .map(({ record }) => record.action ?? record.event_type ?? record.side);
  }

  /** When the first record with an action was decided, Unix ms. */
  when(action: string): number {
    const found = this.written.find(({ record }) => record.action === action)?.record.timestamp;
    if (typeof found !== 'number') throw new Error(`nothing was written with action ${action}`);
    return found;
  }

  /** The firm holds everything from the moment at which the customer is told of such a step. */
  holdWhenTelling(kind: string): void {
    const reason = 'the price vendor sends nonsense';
    this.deliver = () => {
      if (this.messages.at(-1)?.content.kind === kind) {
        this.held = [{ scope: 'GLOBAL', by: 'ann', since: 1, reason, resumeAskedBy: null }];
      }
      return Promise.resolve({ outcome: 'DELIVERED' });
    };
  }

  /** NVDA trades at `dollars`; the case is told. */
  async price(dollars: number): Promise<void> {
    await this.signal({ type: 'FIGURES', figures: this.fall(dollars) });
  }

  /** NVDA trades at `dollars`; the case is not told. */
  fall(dollars: number): CaseFigures {
    this.#position = { ...this.#position, priceE4: dollars * E4 };
    this.#sequence += 1;
    return this.figures();
  }

  /** NVDA has no price; the case is told. */
  async losePrice(): Promise<void> {
    this.#position = { ...this.#position, priceE4: null };
    await this.tell();
  }

  /** The customer sells so many shares at the last price; the case is told. */
  async sell(shares: number): Promise<void> {
    this.#trade(-shares * E4);
    await this.tell();
  }

  /** The venue ends every order that it was sent, without a fill; the case is told. */
  async expireOrders(): Promise<void> {
    for (const { topic, record } of [...this.written]) {
      if (topic !== 'liquidation.orders.v1') continue;
      const { order_id: orderId } = liquidationOrderSchema.parse(record);
      const ended = { orderId, cumQtyE4: 0, status: 'EXPIRED', fillOffset: null } as const;
      await this.signal({ type: 'EXECUTION', execution: { execId: `${orderId}-end`, ...ended } });
    }
  }

  async deposit(dollars: number): Promise<void> {
    this.#cashE4 += dollars * E4;
    this.#creditedTotalE4 += dollars * E4;
    await this.tell();
  }

  /** The run that the case is in. */
  async runId(): Promise<string> {
    return (await this.#client.workflow.getHandle(this.caseId).describe()).runId;
  }

  /** Tells the case the figures as they are now. */
  async tell(): Promise<void> {
    this.#sequence += 1;
    await this.signal({ type: 'FIGURES', figures: this.figures() });
  }

  async signal(event: MachineEvent): Promise<void> {
    await this.#client.workflow.signalWithStart(ACCOUNT_CASE_WORKFLOW, {
      workflowId: this.caseId,
      taskQueue: this.taskQueue,
      args: [{ accountId: this.accountId }],
      signal: MACHINE_EVENT_SIGNAL,
      signalArgs: [event],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
  }

  async read(request: FiguresRequest): Promise<FiguresReading> {
    const readAt = Date.now();
    this.readings += 1;
    if (this.stale !== null) return { outcome: 'STALE', readAt, reason: this.stale };
    if (request.accountId !== this.accountId) throw new Error(`not ${this.accountId}`);
    const [figures, cashE4, positions] = [this.figures(), this.#cashE4, this.#positions()];
    await this.whileReading();
    return { outcome: 'FRESH', readAt, figures, cashE4, positions };
  }

  holds(): Promise<readonly FirmHold[]> {
    return Promise.resolve(this.held);
  }

  askToStart({ isReleased }: StartRequest): Promise<StartAnswer> {
    return Promise.resolve(isReleased ? 'GRANTED' : this.brake);
  }

  of(): Held {
    const { version, asOf } = this.figures();
    return { version, asOf, cashE4: this.#cashE4, positions: this.#positions() };
  }

  ofCustomer(): MessageChannel[] {
    const send = (message: Message): Promise<Sent> => {
      this.messages.push(message);
      return this.deliver();
    };
    return [{ name: 'log', send }];
  }

  attempts(_accountId: string, noticeId: string): Promise<NoticeRecord[]> {
    const records = this.written.filter(({ topic }) => topic === TOPICS.notices.name);
    const attempts = records.map(({ record }) => noticeSchema.parse(record));
    return Promise.resolve(attempts.filter(({ notice_id }) => notice_id === noticeId));
  }

  ofPeople(): MessageChannel[] {
    return [];
  }

  async publish(records: readonly OutboundRecord[]): Promise<RecordPosition[]> {
    await this.beforeWriting(records);
    if (!this.logIsUp) {
      this.failedWrites += 1;
      throw new Error('the log is away');
    }
    for (const { topic, key, value } of records) {
      // Else the case of an earlier test on the same task queue would sell what this account has.
      if (key !== this.accountId) throw new Error(`not ${this.accountId}`);
      const record: unknown = JSON.parse(value ?? 'null');
      if (typeof record !== 'object' || record === null) throw new Error('a record is an object');
      this.written.push({ topic, record: { ...record } });
      if (topic === 'liquidation.orders.v1' && this.venueIsOpen) {
        void this.#fill(liquidationOrderSchema.parse(record));
      }
    }
    return records.map(({ topic }, offset) => ({ topic, partition: 0, offset }));
  }

  figures(): CaseFigures {
    const figures = accountFigures(this.#cashE4, this.#positions(), this.policy);
    const seen = {
      version: { generation: 1, sequence: this.#sequence },
      asOf: Date.now(),
      creditedTotalE4: this.#creditedTotalE4,
      fillsPosition: this.#fillsPosition,
      correlationId: `test-${String(this.#sequence)}`,
    };
    if (figures.status === 'INDETERMINATE') {
      return { ...seen, status: 'INDETERMINATE', pricesMissing: figures.pricesMissing };
    }
    const { status, equityE4, maintenanceReqE4, grossMvE4, excessE4, deficiencyE4 } = figures;
    const { regulatoryReqE4 } = figures;
    const priced = {
      equityE4,
      maintenanceReqE4,
      grossMvE4,
      excessE4,
      deficiencyE4,
      regulatoryReqE4,
    };
    const stress = stressExcessOf(figures, this.policy);
    return { ...seen, status, ...priced, ...(stress === null ? {} : { stress }) };
  }

  async #fill(order: LiquidationOrderRecord): Promise<void> {
    const qtyE4 = toE4(order.qty) * (order.side === 'SELL' ? -1 : 1);
    const fillOffset = this.#trade(qtyE4);
    await this.signal({
      type: 'EXECUTION',
      execution: {
        execId: `exec-${String(fillOffset)}`,
        orderId: order.order_id,
        cumQtyE4: toE4(order.qty),
        status: 'FILLED',
        fillOffset,
      },
    });
    await this.tell();
  }

  /** Shares change hands at the last price; answers with the fill's place in fills.v1. */
  #trade(qtyE4: number): number {
    const requirementBefore = this.#requirementE4();
    const fillOffset = this.#fillsPosition;
    this.#fillsPosition += 1;
    this.#cashE4 -= marketValueE4(qtyE4, this.#position.priceE4 ?? 0);
    this.#position = { ...this.#position, qtyE4: this.#position.qtyE4 + qtyE4 };
    this.#creditedTotalE4 += requirementBefore - this.#requirementE4();
    return fillOffset;
  }

  #requirementE4(): number {
    const figures = accountFigures(this.#cashE4, this.#positions(), this.policy);
    return figures.status === 'INDETERMINATE' ? 0 : figures.maintenanceReqE4;
  }

  #positions(): Position[] {
    return this.#position.qtyE4 === 0 ? [] : [this.#position];
  }
}
