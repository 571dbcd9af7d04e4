import { noticeRetryAt } from '#domain/notice-retries.ts';
import { plainLine } from '#domain/notices.ts';
import type { NoticeText } from '#domain/notices.ts';
import { raisedAlert } from './alerts.ts';
import type { AlertRecord } from './alerts.ts';
import { REASON_CHARACTERS_MAX } from './notices.ts';
import type { ChannelName, NoticeKind, NoticeRecord } from './notices.ts';
import { fromE4 } from './wire.ts';

/** A notice before anybody tried to deliver it. */
export interface NewNotice {
  readonly noticeId: string;
  readonly accountId: string;
  readonly episode: number;
  readonly kind: NoticeKind;
  readonly issuedAt: number;
  readonly correlationId: string;
  readonly text: NoticeText;
}

/** The first attempt over a channel, to be written before anything is sent. */
export function firstAttempt(
  notice: NewNotice,
  channel: ChannelName,
  attemptId: string,
  at: number,
): NoticeRecord {
  const { text } = notice;
  return {
    notice_id: notice.noticeId,
    attempt_id: attemptId,
    account_id: notice.accountId,
    episode: notice.episode,
    kind: notice.kind,
    channel,
    attempt: 1,
    by: 'case',
    state: 'ATTEMPTED',
    reason: null,
    retry_at: null,
    timestamp: at,
    issued_at: notice.issuedAt,
    amount: text.amountE4 === null ? null : fromE4(text.amountE4),
    due_at: text.dueAt,
    subject: text.subject,
    body: text.body,
    correlation_id: notice.correlationId,
  };
}

/** The attempt after one that failed, or of which nothing was heard. */
export function nextAttempt(last: NoticeRecord, attemptId: string, at: number): NoticeRecord {
  return {
    ...last,
    attempt_id: attemptId,
    attempt: last.attempt + 1,
    by: 'notifier',
    state: 'ATTEMPTED',
    reason: null,
    retry_at: null,
    timestamp: at,
  };
}

/** What became of an attempt. Only what surely did not arrive is to be tried again. */
export type Conclusion =
  | { readonly outcome: 'DELIVERED' }
  | { readonly outcome: 'FAILED' | 'UNKNOWN'; readonly reason: string };

/** The attempt with what became of it. */
export function concluded(attempt: NoticeRecord, came: Conclusion, at: number): NoticeRecord {
  if (came.outcome === 'DELIVERED') return { ...attempt, state: 'DELIVERED', timestamp: at };
  return {
    ...attempt,
    state: came.outcome,
    reason: plainLine(came.reason, REASON_CHARACTERS_MAX) || 'no reason was given',
    retry_at:
      came.outcome === 'FAILED' ? noticeRetryAt(attempt.attempt, at, attempt.issued_at) : null,
    timestamp: at,
  };
}

/**
 * A delivery that failed, or of which nobody knows, pages a person (RULES, Notices): one alert for a
 * notice and channel, however often. null for what was delivered or is under way.
 */
export function undeliveredAlert(failed: NoticeRecord): AlertRecord | null {
  const { account_id, channel, kind, attempt, state, retry_at, reason } = failed;
  if (state === 'ATTEMPTED' || state === 'DELIVERED') return null;
  const became = state === 'FAILED' ? 'was not delivered' : 'may or may not have been delivered';
  const next = retry_at === null ? 'it is not sent again: tell the customer' : 'it is tried again';
  return raisedAlert({
    severity: retry_at === null ? 'CRITICAL' : 'WARNING',
    code: 'NOTICE_UNDELIVERED',
    subject: account_id,
    occurrence: `${failed.notice_id}/${channel}`,
    what: `${kind} of ${account_id} ${became} by ${channel}: ${reason ?? ''}; ${next}`,
    since: failed.issued_at,
    count: attempt,
    timestamp: failed.timestamp,
    correlation_id: failed.correlation_id,
  });
}

/** An attempt as the message that goes out. */
export function noticeMessage(attempt: NoticeRecord): {
  readonly id: string;
  readonly accountId: string;
  readonly subject: string;
  readonly body: string;
  readonly content: Readonly<Record<string, unknown>>;
} {
  const { notice_id, account_id, subject, body, kind, episode, issued_at, amount, due_at } =
    attempt;
  return {
    id: notice_id,
    accountId: account_id,
    subject,
    body,
    content: { notice_id, account_id, kind, episode, issued_at, amount, due_at },
  };
}
