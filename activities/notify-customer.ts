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
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { MessageChannel, MessageChannels } from '#ports/message-channel.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { OutboundRecord } from '#ports/records.ts';

export interface NoticePorts {
  readonly publisher: Publisher;
  readonly channels: MessageChannels;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Makes the first attempt to deliver a notice over each channel of the account, side by side, and says
 * when notices.v1 had acknowledged that it is made: the house clock starts there, whatever becomes of
 * it (RULES, Notices). Rejects only before anything was sent. If the outcome cannot be written, the
 * notifier finds the attempt without one and tries again (docs/decisions/notices.md).
 */
export async function notifyCustomer(
  { publisher, channels, clock, logger }: NoticePorts,
  { accountId, action }: Pick<RecordRequest, 'accountId' | 'action'>,
  notice: Notice,
): Promise<number> {
  const told = {
    noticeId: notice.noticeId,
    accountId,
    episode: action.episode,
    kind: notice.kind,
    issuedAt: action.decidedAt,
    correlationId: action.correlationId,
    text: noticeText(notice),
  };
  const attempts = channels.ofCustomer(accountId).map((channel) => ({
    channel,
    record: firstAttempt(told, channel.name, randomUUID(), clock.now()),
  }));
  await publisher.publish(attempts.map(({ record }) => noticeRecord(record)));
  const ackAt = clock.now();
  const outcomes = await Promise.all(
    attempts.map(({ channel, record }) => send(channel, record, clock)),
  );
  const failed = outcomes.filter(({ state }) => state === 'FAILED');
  try {
    await publisher.publish([
      ...outcomes.map(noticeRecord),
      ...failed.map((record) => alertRecord(undeliveredAlert(record))),
    ]);
  } catch (error) {
    const fields = { err: error, notice_id: notice.noticeId, account_id: accountId };
    logger.warn(fields, 'the outcome of a notice was not written: the notifier tries it again');
  }
  return ackAt;
}

async function send(
  channel: MessageChannel,
  attempt: NoticeRecord,
  clock: Clock,
): Promise<NoticeRecord> {
  const sent = await channel.send(noticeMessage(attempt));
  return concluded(attempt, sent.outcome === 'DELIVERED' ? null : sent.reason, clock.now());
}

function noticeRecord(record: NoticeRecord): OutboundRecord {
  return { topic: TOPICS.notices.name, key: record.account_id, value: JSON.stringify(record) };
}

/** An alert as a record of alerts.v1. */
export function alertRecord(record: { readonly subject: string }): OutboundRecord {
  return { topic: TOPICS.alerts.name, key: record.subject, value: JSON.stringify(record) };
}
