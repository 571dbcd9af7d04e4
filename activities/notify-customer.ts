import { randomUUID } from 'node:crypto';
import type { RecordRequest } from '#contracts/case-activities.ts';
import {
  concluded,
  firstAttempt,
  noticeMessage,
  undeliveredAlert,
} from '#contracts/notice-attempts.ts';
import type { NoticeRecord } from '#contracts/notices.ts';
import { TOPICS } from '#contracts/topics.ts';
import { noticeText } from '#domain/notices.ts';
import type { Notice } from '#domain/notices.ts';
import type { ActivityAttempt } from '#ports/activity-attempt.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { MessageChannel, MessageChannels } from '#ports/message-channel.ts';
import type { NoticeLog } from '#ports/notice-log.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { OutboundRecord } from '#ports/records.ts';

/**
 * So long after it was put up no other attempt of the activity is under way beside this one: Temporal gives
 * each 10 s from when a worker took it. The rest is for clocks that differ.
 */
const ALONE_MS = 8_000;

/** So many attempts are remembered for which nothing was sent. */
const UNSENT_MAX = 1_000;

/**
 * Attempts whose record was not acknowledged, and for which nothing was sent: the record may have come
 * to the log all the same.
 */
export class UnsentAttempts {
  readonly #ids = new Set<string>();

  add(attempt: NoticeRecord): void {
    this.#ids.add(attempt.attempt_id);
    const [oldest] = this.#ids;
    if (this.#ids.size > UNSENT_MAX && oldest !== undefined) this.#ids.delete(oldest);
  }

  has(attempt: NoticeRecord): boolean {
    return this.#ids.has(attempt.attempt_id);
  }
}

/** The step that the notice tells of. */
export interface NotifiedStep extends Pick<RecordRequest, 'accountId' | 'action'> {
  /**
   * The earliest that this attempt of the activity can have begun, Unix ms. Its function runs later: a
   * process may stand still in between, and Temporal counts on.
   */
  readonly begunAt: number;
}

export interface NoticePorts {
  readonly publisher: Publisher;
  readonly channels: MessageChannels;
  readonly noticeLog: NoticeLog;
  /** The attempt of the activity that is under way. */
  readonly attempt: () => ActivityAttempt;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Makes the first attempt to deliver a notice over each channel of the account, side by side, and says
 * when that went on record: the house clock starts there, whatever becomes of it (RULES, Notices).
 *
 * At most once: a repeated activity leaves alone what is on record already, `unsent` ones apart, and one
 * that took too long sends nothing. Rejects only before anything was sent. An attempt without an
 * outcome is for the notifier (docs/decisions/notices.md).
 */
export async function notifyCustomer(
  ports: NoticePorts,
  request: NotifiedStep,
  notice: Notice,
  unsent: UnsentAttempts,
): Promise<number> {
  const { publisher, channels, clock, logger } = ports;
  const recorded = await attemptsBefore(ports, request, notice);
  const made = recorded.filter((attempt) => !unsent.has(attempt));
  const attempts = channels
    .ofCustomer(request.accountId)
    .filter(({ name }) => !made.some(({ channel }) => channel === name))
    .map((channel) => ({ channel, record: attemptOf(request, notice, channel, clock) }));
  try {
    await publisher.publish(attempts.map(({ record }) => noticeRecord(record)));
  } catch (error) {
    for (const { record } of attempts) unsent.add(record);
    throw error;
  }
  const ackAt = clock.now();
  const fields = { notice_id: notice.noticeId, account_id: request.accountId };
  if (ackAt > request.begunAt + ALONE_MS) {
    logger.warn(fields, 'a notice went on record too late to be sent: the notifier calls a person');
  } else {
    const sent = attempts.map(({ channel, record }) => send(channel, record, clock));
    const outcomes = await Promise.all(sent);
    try {
      await publisher.publish(outcomes.flatMap(recordsOf));
    } catch (error) {
      const lost = 'the outcome of a notice was not written: the notifier calls a person';
      logger.warn({ err: error, ...fields }, lost);
    }
  }
  return made[0]?.timestamp ?? ackAt;
}

function attemptsBefore(
  { attempt, noticeLog }: NoticePorts,
  { accountId, action }: Pick<RecordRequest, 'accountId' | 'action'>,
  { noticeId }: Notice,
): Promise<readonly NoticeRecord[]> {
  if (!attempt().isRepeated) return Promise.resolve([]);
  return noticeLog.attempts(accountId, noticeId, action.decidedAt);
}

function attemptOf(
  { accountId, action }: Pick<RecordRequest, 'accountId' | 'action'>,
  notice: Notice,
  channel: MessageChannel,
  clock: Clock,
): NoticeRecord {
  const told = {
    noticeId: notice.noticeId,
    accountId,
    episode: action.episode,
    kind: notice.kind,
    issuedAt: action.decidedAt,
    correlationId: action.correlationId,
    text: noticeText(notice),
  };
  return firstAttempt(told, channel.name, randomUUID(), clock.now());
}

async function send(
  channel: MessageChannel,
  attempt: NoticeRecord,
  clock: Clock,
): Promise<NoticeRecord> {
  return concluded(attempt, await channel.send(noticeMessage(attempt)), clock.now());
}

/** An outcome and, if a person has to know, the alert about it. */
function recordsOf(outcome: NoticeRecord): OutboundRecord[] {
  const alert = undeliveredAlert(outcome);
  return [noticeRecord(outcome), ...(alert === null ? [] : [alertRecord(alert)])];
}

function noticeRecord(record: NoticeRecord): OutboundRecord {
  return { topic: TOPICS.notices.name, key: record.account_id, value: JSON.stringify(record) };
}

/** An alert as a record of alerts.v1. */
export function alertRecord(record: { readonly subject: string }): OutboundRecord {
  return { topic: TOPICS.alerts.name, key: record.subject, value: JSON.stringify(record) };
}
