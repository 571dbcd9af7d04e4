import { setTimeout as sleep } from 'node:timers/promises';
import { auditSchema } from '#contracts/case-events.ts';
import type { AccountAuditRecord, AuditRecord, CaseSnapshot } from '#contracts/case-events.ts';
import { ORDER_DECISION } from '#contracts/order-audit.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { marginCalcSchema } from '#contracts/margin-figures.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { AccountHistoryWriter, HistoryWrite } from '#ports/account-history.ts';
import type { AccountIndexWriter, IndexWrite } from '#ports/account-index.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { Counter, Gauge, Metrics } from '#ports/metrics.ts';
import type { Readiness } from '#ports/readiness.ts';
import type { InboundRecord } from '#ports/records.ts';
import { DeferredFigures } from './deferred-figures.ts';
import { HistoryPoints } from './history-points.ts';
import { inParallel } from './in-parallel.ts';
import { LastWrites } from './last-writes.ts';
import { caseInAudit, latestCases, latestFigures, mayWaitUntil } from './projection.ts';

/** Writes of one batch that are under way together. */
const WRITES_CONCURRENT_MAX = 16;

/** While the store is away a write is tried again after this long, doubling up to the second. */
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;

export const STATE_INDEX_TOPICS = [TOPICS.marginCalc.name, TOPICS.audit.name] as const;

export interface StateIndexServices {
  readonly writer: AccountIndexWriter;
  readonly history: AccountHistoryWriter;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Projects margin.calc.v1 and audit.v1 to the state index and its history, at least once: a batch is finished when
 * everything of it is in the index or deferred, and what is deferred holds its offset back. A record
 * that cannot be read or stored is counted and logged, and stops nothing (DESIGN 25); only an index
 * that is gone does.
 */
export class StateIndex {
  readonly #services: StateIndexServices;
  readonly #lastWrites = new LastWrites();
  readonly #deferred = new DeferredFigures();
  readonly #historyPoints = new HistoryPoints();
  readonly #writes: Counter;
  readonly #refused: Counter;
  readonly #deferredAccounts: Gauge;
  #storeIsAway = false;

  constructor(services: StateIndexServices) {
    this.#services = services;
    const { metrics } = services;
    this.#writes = metrics.counter('sentinel_index_writes_total');
    this.#refused = metrics.counter('sentinel_unreadable_records_total');
    this.#deferredAccounts = metrics.gauge('sentinel_index_deferred_accounts');
  }

  /** Handles a batch of one partition of one topic. */
  async handle(records: readonly InboundRecord[]): Promise<void> {
    if (records[0]?.topic === TOPICS.audit.name) await this.#handleAudit(records);
    else await this.#handleFigures(records);
  }

  /** Writes the deferred figures whose minute is over at `now` (Unix ms). */
  async writeDue(now: number): Promise<void> {
    await inParallel(this.#deferred.due(now), WRITES_CONCURRENT_MAX, async (record) => {
      await this.#writeFigures(record);
    });
  }

  /** The first offset of a partition that is only deferred: nothing from it on may be committed. */
  heldBackAt(topic: string, partition: number): number | null {
    return topic === TOPICS.marginCalc.name ? this.#deferred.firstOffset(partition) : null;
  }

  ready(): Readiness {
    return this.#storeIsAway
      ? { ready: false, reason: 'the store does not answer' }
      : { ready: true };
  }

  async #handleFigures(records: readonly InboundRecord[]): Promise<void> {
    const read: MarginCalcRecord[] = [];
    const firstOffsets = new Map<string, number>();
    for (const inbound of records) {
      const decoded = decodeRecord(marginCalcSchema, inbound.value, inbound.key);
      if (!decoded.ok) {
        this.#refuse(inbound, decoded.refusal.code, decoded.refusal.reason);
        continue;
      }
      const { record } = decoded;
      read.push(record);
      if (!firstOffsets.has(record.account_id)) {
        firstOffsets.set(record.account_id, inbound.offset);
      }
    }
    const now = this.#services.clock.now();
    const partition = records[0]?.partition ?? 0;
    const atOnce: MarginCalcRecord[] = [];
    for (const [accountId, change] of latestFigures(read)) {
      const record = change.latest;
      const until = mayWaitUntil(change, this.#lastWrites.get(accountId), now);
      const firstOffset = firstOffsets.get(accountId) ?? 0;
      const waits =
        until !== null && this.#deferred.defer({ record, partition, firstOffset, until });
      if (!waits) atOnce.push(record);
    }
    await inParallel(atOnce, WRITES_CONCURRENT_MAX, (record) => this.#writeFigures(record));
    const points = read.filter((record) => this.#historyPoints.choose(record));
    await inParallel(points, WRITES_CONCURRENT_MAX, (record) => this.#writePoint(record));
    this.#deferredAccounts.set({}, this.#deferred.size);
  }

  async #handleAudit(records: readonly InboundRecord[]): Promise<void> {
    const cases: { accountId: string; snapshot: CaseSnapshot }[] = [];
    const steps: AccountAuditRecord[] = [];
    for (const inbound of records) {
      const decoded = decodeRecord(auditSchema, inbound.value, inbound.key);
      if (!decoded.ok) {
        this.#refuse(inbound, decoded.refusal.code, decoded.refusal.reason);
        continue;
      }
      const event = decoded.record;
      // What concerns the whole firm belongs to no account's history.
      if (!isOfAccount(event)) continue;
      // As many as there are orders: they stay in audit.v1.
      if (event.event_type === ORDER_DECISION) continue;
      steps.push(event);
      const found = caseInAudit(event);
      if (found.kind === 'CASE') cases.push(found);
      else if (found.kind === 'MALFORMED') this.#refuse(inbound, 'SCHEMA', found.reason);
    }
    await inParallel(latestCases(cases), WRITES_CONCURRENT_MAX, ([accountId, snapshot]) =>
      this.#writeCase(accountId, snapshot),
    );
    await inParallel(steps, WRITES_CONCURRENT_MAX, (event) => this.#writeStep(event));
  }

  async #writePoint(record: MarginCalcRecord): Promise<void> {
    const { history, clock } = this.#services;
    const write = await this.#untilAnswered(() => history.writeFigures(record, clock.now()));
    this.#count('figures_history', record.account_id, write);
  }

  async #writeStep(event: AccountAuditRecord): Promise<void> {
    const { history, clock } = this.#services;
    const write = await this.#untilAnswered(() => history.writeStep(event, clock.now()));
    this.#count('step', event.account_id, write);
  }

  async #writeFigures(record: MarginCalcRecord): Promise<void> {
    const { writer, clock } = this.#services;
    const { account_id: accountId, status } = record;
    const write = await this.#untilAnswered(() => writer.writeFigures(record));
    this.#count('figures', accountId, write);
    this.#deferred.settle(record);
    if (write.outcome === 'WRITTEN') {
      this.#lastWrites.set(accountId, { status, rung: write.rung, at: clock.now() });
    }
  }

  async #writeCase(accountId: string, snapshot: CaseSnapshot): Promise<void> {
    const { writer } = this.#services;
    const write = await this.#untilAnswered(() => writer.writeCase(accountId, snapshot));
    this.#count('case', accountId, write);
    if (write.outcome === 'WRITTEN') this.#lastWrites.setRung(accountId, write.rung);
  }

  /** Tries until the store answers; meanwhile the partition waits, as it must. */
  async #untilAnswered<Answer>(write: () => Promise<Answer>): Promise<Answer> {
    for (let delayMs = RETRY_MS_MIN; ; delayMs = Math.min(2 * delayMs, RETRY_MS_MAX)) {
      try {
        const answer = await write();
        this.#storeIsAway = false;
        return answer;
      } catch (error) {
        this.#storeIsAway = true;
        this.#services.logger.warn({ err: error, retry_ms: delayMs }, 'the store does not answer');
        await sleep(delayMs);
      }
    }
  }

  #count(
    kind: 'figures' | 'case' | 'figures_history' | 'step',
    accountId: string,
    write: IndexWrite | HistoryWrite,
  ): void {
    // At its start the process makes the index anew, and is told everything from the beginning.
    if (write.outcome === 'GONE')
      throw new Error('the state index is gone: it has to be built anew');
    this.#writes.inc({ kind, outcome: write.outcome.toLowerCase() });
    if (write.outcome !== 'REFUSED') return;
    const fields = { kind, account_id: accountId, reason: write.reason };
    this.#services.logger.error(
      fields,
      'the store refuses a record: the account is shown as before',
    );
  }

  #refuse(inbound: InboundRecord, code: string, reason: string): void {
    const { topic, partition, offset } = inbound;
    this.#refused.inc({ topic, code });
    const fields = { topic, partition, offset, code, reason };
    this.#services.logger.warn(fields, 'a record is not of its schema and is passed over');
  }
}

function isOfAccount(event: AuditRecord): event is AccountAuditRecord {
  return event.account_id !== null;
}
