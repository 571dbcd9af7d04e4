import { randomUUID } from 'node:crypto';
import { alertSchema } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import {
  concluded,
  nextAttempt,
  noticeMessage,
  undeliveredAlert,
} from '#contracts/notice-attempts.ts';
import type { Conclusion } from '#contracts/notice-attempts.ts';
import { noticeSchema } from '#contracts/notices.ts';
import type { NoticeRecord } from '#contracts/notices.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { MessageChannels, Sent } from '#ports/message-channel.ts';
import type { FencedWriter, PartitionProcessor } from '#ports/partition-owner.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import type { NotifierMetrics } from './notifier-metrics.ts';
import { OpenAlerts, OpenNotices } from './open-entries.ts';
import { pageOf } from './page.ts';

/** The topics that the notifier reads and writes. */
export const NOTIFIER_TOPICS = [TOPICS.notices.name, TOPICS.alerts.name] as const;

/** So many notices of a partition are on their way at once. */
const SENDS_MAX = 16;
/** So many alerts go into one page; the others into the next. */
const ALERTS_PER_PAGE_MAX = 500;
/**
 * What is not settled is kept in memory, notices some 3 kB each. Beyond, a notice is not tried again,
 * and its alert calls a person all the same.
 */
const OPEN_NOTICES_MAX = 20_000;
/** Some 1 kB each. Beyond, an alert is in the log and in the list, and nobody is paged for it. */
const OPEN_ALERTS_MAX = 50_000;
const NO_ROOM = { code: 'NO_ROOM', reason: 'too many are open' } as const;
const LOST: Conclusion = {
  outcome: 'UNKNOWN',
  reason: 'whoever sent it ended before it was known',
};
const COMMIT_MS = 1_000;
/** A page that reached nobody is tried again after this long. */
const PAGE_RETRY_MS = 5_000;

export interface NotifierPartitionParts {
  readonly writer: FencedWriter;
  /** Where the topics ended when this partition was taken: before that nothing is judged. */
  readonly ends: ReadonlyMap<string, number>;
  readonly channels: MessageChannels;
  readonly pageEveryMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: NotifierMetrics;
}

/**
 * The open notices and alerts of one partition number. A customer is told at most once by a channel:
 * what may have arrived is not sent again, a person is called instead (docs/decisions/notices.md).
 */
export class NotifierPartition implements PartitionProcessor {
  readonly #parts: NotifierPartitionParts;
  readonly #notices = new OpenNotices(OPEN_NOTICES_MAX);
  readonly #alerts: OpenAlerts;
  readonly #positions = new Map<string, number>();
  readonly #committed = new Map<string, number>();
  #commitAt = 0;
  #pageAt = 0;
  #reached = true;
  #released = false;

  constructor(parts: NotifierPartitionParts) {
    this.#parts = parts;
    this.#alerts = new OpenAlerts(parts.pageEveryMs, OPEN_ALERTS_MAX);
    for (const topic of NOTIFIER_TOPICS) {
      this.#positions.set(topic, parts.writer.committedPosition(topic));
      this.#committed.set(topic, parts.writer.committedPosition(topic));
    }
  }

  /** Has everything been read that was there when the partition was taken? */
  get isCaughtUp(): boolean {
    const { ends } = this.#parts;
    return NOTIFIER_TOPICS.every((t) => (this.#positions.get(t) ?? 0) >= (ends.get(t) ?? 0));
  }

  /** Did the last page reach somebody? */
  get isReachingPeople(): boolean {
    return this.#reached;
  }

  onBatch(records: readonly InboundRecord[]): Promise<void> {
    for (const record of records) {
      if (record.topic === TOPICS.notices.name) this.#takeNotice(record);
      else this.#takeAlert(record);
    }
    this.#measure();
    return Promise.resolve();
  }

  onPosition(topic: string, position: number): void {
    this.#positions.set(topic, position);
  }

  onRelease(): void {
    this.#released = true;
    const labels = { partition: String(this.#parts.writer.partition) };
    this.#parts.metrics.undelivered.remove(labels);
    this.#parts.metrics.openAlerts.remove(labels);
  }

  /** Tries what is due and pages for what is open. Calls must not overlap. */
  async work(): Promise<void> {
    if (this.#released || !this.isCaughtUp) return;
    const now = this.#parts.clock.now();
    await Promise.all([
      ...this.#notices.due(now, SENDS_MAX).map((last) => this.#goOn(last)),
      now >= this.#pageAt ? this.#page(now) : undefined,
    ]);
    if (now >= this.#commitAt) await this.#commit(now);
  }

  #takeNotice(inbound: InboundRecord): void {
    const decoded = decodeRecord(noticeSchema, inbound.value, inbound.key);
    if (!decoded.ok) this.#refuse(inbound, decoded.refusal);
    else if (!this.#notices.take(decoded.record, inbound.offset)) this.#refuse(inbound, NO_ROOM);
  }

  #takeAlert(inbound: InboundRecord): void {
    const decoded = decodeRecord(alertSchema, inbound.value, inbound.key);
    if (!decoded.ok) this.#refuse(inbound, decoded.refusal);
    else if (!this.#alerts.take(decoded.record, inbound.offset)) this.#refuse(inbound, NO_ROOM);
  }

  /** An attempt of which nothing was heard stays the last one; what failed is tried again. */
  async #goOn(last: NoticeRecord): Promise<void> {
    if (last.state === 'ATTEMPTED') await this.#conclude(last, LOST);
    else await this.#tryAgain(last);
  }

  async #tryAgain(last: NoticeRecord): Promise<void> {
    const { clock, channels } = this.#parts;
    const channel = channels.ofCustomer(last.account_id).find(({ name }) => name === last.channel);
    const attempt = nextAttempt(last, randomUUID(), clock.now());
    await this.#write([noticeRecord(attempt)]);
    const sent: Sent =
      channel === undefined
        ? { outcome: 'FAILED', reason: `the account has no channel ${last.channel} any more` }
        : await channel.send(noticeMessage(attempt));
    await this.#conclude(attempt, sent);
  }

  async #conclude(attempt: NoticeRecord, came: Conclusion): Promise<void> {
    const outcome = concluded(attempt, came, this.#parts.clock.now());
    const { channel, state } = outcome;
    this.#parts.metrics.attempts.inc({ channel, outcome: state.toLowerCase() });
    const alert = undeliveredAlert(outcome);
    const records = [noticeRecord(outcome), ...(alert === null ? [] : [alertRecord(alert)])];
    const [offset = 0] = await this.#write(records);
    this.#notices.concluded(outcome, offset);
  }

  async #page(now: number): Promise<void> {
    const { clock, logger } = this.#parts;
    const due = this.#alerts.due(now, ALERTS_PER_PAGE_MAX);
    if (due.length === 0) return;
    this.#reached = await this.#reachPeople(due);
    if (!this.#reached) {
      this.#pageAt = now + PAGE_RETRY_MS;
      for (const alert of due) this.#alerts.free(alert);
      const fields = { event: 'nobody_reached', alerts: due.map(({ alert_id }) => alert_id) };
      logger.error(fields, 'no channel reaches a person');
      return;
    }
    const at = clock.now();
    const paged = due.map((alert) => ({
      ...alert,
      event: 'PAGED' as const,
      timestamp: at,
      pages: alert.pages + 1,
      paged_at: at,
    }));
    const offsets = await this.#write(paged.map(alertRecord));
    for (const [index, alert] of paged.entries()) {
      this.#alerts.concluded(alert, offsets[index] ?? 0);
    }
  }

  /** One channel that delivers is enough. */
  async #reachPeople(due: readonly AlertRecord[]): Promise<boolean> {
    const { channels, logger, metrics } = this.#parts;
    const page = pageOf(due, `page.${randomUUID()}`);
    const reached = await Promise.all(
      channels.ofPeople().map(async (channel) => {
        const sent = await channel.send(page);
        metrics.pages.inc({ channel: channel.name, outcome: sent.outcome.toLowerCase() });
        if (sent.outcome === 'DELIVERED') return true;
        logger.warn({ channel: channel.name, reason: sent.reason }, 'a page was not delivered');
        return false;
      }),
    );
    return reached.includes(true);
  }

  async #write(records: readonly OutboundRecord[]): Promise<number[]> {
    const positions = await this.#parts.writer.transact((send) => send(records), []);
    return positions.map(({ offset }) => offset);
  }

  /** A restart begins at the first record of what is open. */
  async #commit(now: number): Promise<void> {
    this.#commitAt = now + COMMIT_MS;
    const consumed = NOTIFIER_TOPICS.map((topic) => ({
      topic,
      position: this.#safePosition(topic),
    }));
    const moved = consumed.filter(
      ({ topic, position }) => position > (this.#committed.get(topic) ?? 0),
    );
    if (moved.length === 0) return;
    await this.#parts.writer.transact(() => Promise.resolve(), moved);
    for (const { topic, position } of moved) this.#committed.set(topic, position);
  }

  #safePosition(topic: string): number {
    const position = this.#positions.get(topic) ?? 0;
    const open = topic === TOPICS.notices.name ? this.#notices : this.#alerts;
    return Math.min(open.firstOffset() ?? position, position);
  }

  #measure(): void {
    const { metrics, writer } = this.#parts;
    const labels = { partition: String(writer.partition) };
    metrics.undelivered.set(labels, this.#notices.size);
    metrics.openAlerts.set(labels, this.#alerts.size);
  }

  #refuse(
    { topic, partition, offset }: InboundRecord,
    { code, reason }: { readonly code: string; readonly reason: string },
  ): void {
    this.#parts.metrics.unreadable.inc({ topic, code });
    const fields = { topic, partition, offset, code, reason };
    this.#parts.logger.error(fields, 'a record is passed over');
  }
}

function noticeRecord(record: NoticeRecord): OutboundRecord {
  return { topic: TOPICS.notices.name, key: record.account_id, value: JSON.stringify(record) };
}

function alertRecord(record: AlertRecord): OutboundRecord {
  return { topic: TOPICS.alerts.name, key: record.subject, value: JSON.stringify(record) };
}
